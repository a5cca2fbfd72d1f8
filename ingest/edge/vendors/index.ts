import type { EdgeVendor } from '../vendor.js'
import { ciscoCatalyst } from './cisco_catalyst.js'
import { ciscoIpSla } from './cisco_ip_sla.js'
import { ciscoMeraki } from './cisco_meraki.js'
import { fortinet } from './fortinet.js'
import { generic } from './generic.js'
import { hpeEdgeconnect } from './hpe_edgeconnect.js'
import { prismaSdwan } from './prisma_sdwan.js'
import { velocloud } from './velocloud.js'
import { versa } from './versa.js'

/** All adapters. A new vendor is a file beside this one and a line here; between equally sure ones the first is taken. */
export const EDGE_VENDORS: readonly EdgeVendor[] = [
  ciscoCatalyst,
  ciscoMeraki,
  ciscoIpSla,
  fortinet,
  velocloud,
  versa,
  prismaSdwan,
  hpeEdgeconnect,
  generic,
]
