import type { EdgeVendor } from '../vendor.js'
import { barracuda } from './barracuda.js'
import { bigleaf } from './bigleaf.js'
import { cato } from './cato.js'
import { ciscoCatalyst } from './cisco_catalyst.js'
import { ciscoIpSla } from './cisco_ip_sla.js'
import { ciscoMeraki } from './cisco_meraki.js'
import { citrix } from './citrix.js'
import { flexiwan } from './flexiwan.js'
import { fortinet } from './fortinet.js'
import { generic } from './generic.js'
import { gnmi } from './gnmi.js'
import { hpeEdgeconnect } from './hpe_edgeconnect.js'
import { huawei } from './huawei.js'
import { ietfRfc9375 } from './ietf_rfc9375.js'
import { juniperMist } from './juniper_mist.js'
import { juniperSrx } from './juniper_srx.js'
import { juniperSsr } from './juniper_ssr.js'
import { nokiaNuage } from './nokia_nuage.js'
import { otlp } from './otlp.js'
import { peplink } from './peplink.js'
import { prismaSdwan } from './prisma_sdwan.js'
import { sophos } from './sophos.js'
import { thousandeyes } from './thousandeyes.js'
import { twampStamp } from './twamp_stamp.js'
import { velocloud } from './velocloud.js'
import { versa } from './versa.js'

/**
 * All adapters. A new vendor is a file beside this one and a line here; between equally sure ones the first
 * is taken.
 */
export const EDGE_VENDORS: readonly EdgeVendor[] = [
  ciscoCatalyst,
  ciscoMeraki,
  ciscoIpSla,
  fortinet,
  velocloud,
  versa,
  prismaSdwan,
  hpeEdgeconnect,
  juniperSsr,
  juniperMist,
  juniperSrx,
  nokiaNuage,
  huawei,
  cato,
  citrix,
  peplink,
  sophos,
  barracuda,
  flexiwan,
  bigleaf,
  thousandeyes,
  gnmi,
  otlp,
  twampStamp,
  ietfRfc9375,
  generic,
]
