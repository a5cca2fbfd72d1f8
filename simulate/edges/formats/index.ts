import type { EdgeFormat } from '../format.js'
import { ciscoCatalystFormat } from './cisco_catalyst.js'
import { ciscoMerakiFormat } from './cisco_meraki.js'
import { fortinetFormat } from './fortinet.js'
import { gnmiFormat } from './gnmi.js'
import { hpeEdgeconnectFormat } from './hpe_edgeconnect.js'
import { huaweiFormat } from './huawei.js'
import { juniperSsrFormat } from './juniper_ssr.js'
import { nokiaNuageFormat } from './nokia_nuage.js'
import { otlpFormat } from './otlp.js'
import { prismaSdwanFormat } from './prisma_sdwan.js'
import { velocloudFormat } from './velocloud.js'
import { versaFormat } from './versa.js'

/** All vendors whose language the simulated edges speak. */
export const EDGE_FORMATS: readonly EdgeFormat[] = [
  ciscoCatalystFormat,
  ciscoMerakiFormat,
  fortinetFormat,
  velocloudFormat,
  versaFormat,
  prismaSdwanFormat,
  hpeEdgeconnectFormat,
  juniperSsrFormat,
  nokiaNuageFormat,
  huaweiFormat,
  gnmiFormat,
  otlpFormat,
]
