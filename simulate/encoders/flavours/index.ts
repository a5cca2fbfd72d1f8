import type { EdgeModelId } from '../../edge_models.js'
import type { TemplatedFlavour } from '../template.js'
import { CISCO_IOSXE } from './cisco_iosxe.js'
import { CISCO_SDWAN } from './cisco_sdwan.js'
import { EDGECONNECT } from './edgeconnect.js'
import { FORTINET } from './fortinet.js'
import { HUAWEI } from './huawei.js'
import { JUNIPER } from './juniper.js'
import { MERAKI } from './meraki.js'
import { NOKIA } from './nokia.js'
import { PALOALTO } from './paloalto.js'
import { PROBE } from './probe.js'
import { VELOCLOUD_EDGE } from './velocloud.js'
import { VERSA } from './versa.js'

/** What each model of edge sends; NetFlow v5 and sFlow have no templates and encoders of their own. */
export const FLAVOURS: Readonly<Record<EdgeModelId, TemplatedFlavour | 'netflow5' | 'sflow5'>> = {
  cisco_iosxe: CISCO_IOSXE,
  cisco_sdwan: CISCO_SDWAN,
  meraki: MERAKI,
  fortinet: FORTINET,
  paloalto: PALOALTO,
  juniper: JUNIPER,
  nokia: NOKIA,
  velocloud: VELOCLOUD_EDGE,
  edgeconnect: EDGECONNECT,
  versa: VERSA,
  huawei: HUAWEI,
  legacy_v5: 'netflow5',
  probe: PROBE,
  switch_sflow: 'sflow5',
}
