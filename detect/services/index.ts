import { type AnyService, anyService } from '../service.js'
import { beacon } from './beacon.js'
import { bruteforce } from './bruteforce.js'
import { ddos } from './ddos.js'
import { scan } from './scan.js'

/** All security services, in the order in which they run. A new one is its file and a line here. */
export const SERVICES: readonly AnyService[] = [
  anyService(ddos), //
  anyService(scan),
  anyService(bruteforce),
  anyService(beacon),
]
