import type { EdgeVendor } from '../vendor.js'
import { ciscoCatalyst } from './cisco_catalyst.js'
import { ciscoIpSla } from './cisco_ip_sla.js'
import { ciscoMeraki } from './cisco_meraki.js'
import { generic } from './generic.js'

/** All adapters. A new vendor is a file beside this one and a line here; between equally sure ones the first is taken. */
export const EDGE_VENDORS: readonly EdgeVendor[] = [ciscoCatalyst, ciscoMeraki, ciscoIpSla, generic]
