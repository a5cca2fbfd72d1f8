// Written by `vigie bench detect --write-docs`. A service that is not here was not measured.
import type { ServiceCosts } from './service_costs.js'

export const SERVICE_COSTS: ServiceCosts = {
  machine: '2 × AMD EPYC, Node 20.20.2, load 12.9',
  date: '2026-11-29',
  services: {
    ddos: { worker_ns: 77, detector_ns: 5.5 },
    scan: { worker_ns: 70, detector_ns: 232.6 },
    bruteforce: { worker_ns: 70, detector_ns: 21.5 },
    beacon: { worker_ns: 86, detector_ns: 29.6 },
    dnstunnel: { worker_ns: 82, detector_ns: 68.8 },
    exfil: { worker_ns: 53, detector_ns: 22.5 },
    intel: { worker_ns: 0, detector_ns: 0 },
    segmentation: { worker_ns: 0, detector_ns: 0 },
    exposure: { worker_ns: 0, detector_ns: 0 },
    p2p: { worker_ns: 2, detector_ns: 0 },
    lateral: { worker_ns: 0, detector_ns: 0 },
    telemetry: { worker_ns: 11, detector_ns: 0.1 },
  },
}
