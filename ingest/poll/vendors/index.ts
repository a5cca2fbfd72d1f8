import type { PollVendor } from '../poll_vendor.js'
import { catoPoll } from './cato.js'
import { ciscoCatalystPoll } from './cisco_catalyst.js'
import { ciscoMerakiPoll } from './cisco_meraki.js'
import { citrixPoll } from './citrix.js'
import { fortimanagerPoll } from './fortimanager.js'
import { fortinetPoll } from './fortinet.js'
import { hpeEdgeconnectPoll } from './hpe_edgeconnect.js'
import { huaweiPoll } from './huawei.js'
import { juniperMistPoll } from './juniper_mist.js'
import { juniperSsrPoll } from './juniper_ssr.js'
import { nokiaNuagePoll } from './nokia_nuage.js'
import { peplinkPoll } from './peplink.js'
import { prismaSdwanPoll } from './prisma_sdwan.js'
import { restPoll } from './rest.js'
import { thousandeyesPoll } from './thousandeyes.js'
import { velocloudPoll } from './velocloud.js'
import { versaPoll } from './versa.js'

/** All controllers that can be asked. A new one is a file beside these and a line here. */
export const POLL_VENDORS: readonly PollVendor[] = [
  ciscoCatalystPoll,
  ciscoMerakiPoll,
  fortinetPoll,
  fortimanagerPoll,
  velocloudPoll,
  versaPoll,
  prismaSdwanPoll,
  hpeEdgeconnectPoll,
  juniperMistPoll,
  juniperSsrPoll,
  nokiaNuagePoll,
  huaweiPoll,
  catoPoll,
  citrixPoll,
  peplinkPoll,
  thousandeyesPoll,
  restPoll,
]
