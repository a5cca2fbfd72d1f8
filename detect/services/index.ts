import { type AnyService, anyService } from '../service.js'
import { baseline } from './baseline.js'
import { beacon } from './beacon.js'
import { bruteforce } from './bruteforce.js'
import { ddos } from './ddos.js'
import { dnstunnel } from './dnstunnel.js'
import { exfil } from './exfil.js'
import { exposure } from './exposure.js'
import { intel } from './intel.js'
import { lateral } from './lateral.js'
import { p2p } from './p2p.js'
import { saturation } from './saturation.js'
import { scan } from './scan.js'
import { segmentation } from './segmentation.js'
import { sla } from './sla.js'
import { telemetry } from './telemetry.js'

/** All security services, in the order in which they run. A new one is its file and a line here. */
export const SERVICES: readonly AnyService[] = [
  anyService(ddos), //
  anyService(scan),
  anyService(bruteforce),
  anyService(beacon),
  anyService(dnstunnel),
  anyService(exfil),
  anyService(intel),
  anyService(segmentation),
  anyService(exposure),
  anyService(p2p),
  // After those whose findings make a host suspect.
  anyService(lateral),
  anyService(baseline),
  anyService(telemetry),
  anyService(sla),
  anyService(saturation),
]
