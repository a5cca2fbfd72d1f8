import type { ControllerContract } from '../controller.js'
import { ciscoCatalystController } from './cisco_catalyst.js'
import { ciscoMerakiController } from './cisco_meraki.js'
import { huaweiController } from './huawei.js'
import { nokiaNuageController } from './nokia_nuage.js'
import { prismaSdwanController } from './prisma_sdwan.js'
import { velocloudController } from './velocloud.js'

/** Controllers of the reference network, in the order of their ports. */
export const CONTROLLERS: readonly ControllerContract[] = [
  ciscoCatalystController,
  ciscoMerakiController,
  velocloudController,
  prismaSdwanController,
  nokiaNuageController,
  huaweiController,
]
