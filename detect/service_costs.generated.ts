// Written by `vigie bench detect --write-docs`. A service that is not here was not measured.
import type { ServiceCosts } from './service_costs.js'

export const SERVICE_COSTS: ServiceCosts = {
  machine: '2 × AMD EPYC, Node 20.20.2, load 2.0',
  date: '2026-11-29',
  services: {
    ddos: { worker_ns: 147, detector_ns: 9.8 },
    scan: { worker_ns: 99, detector_ns: 116.8 },
    bruteforce: { worker_ns: 11, detector_ns: 28.2 },
    beacon: { worker_ns: 95, detector_ns: 50.3 },
    dnstunnel: { worker_ns: 46, detector_ns: 55.2 },
    exfil: { worker_ns: 35, detector_ns: 19.7 },
    intel: { worker_ns: 0, detector_ns: 0 },
    segmentation: { worker_ns: 0, detector_ns: 0 },
    exposure: { worker_ns: 0, detector_ns: 0 },
    p2p: { worker_ns: 12, detector_ns: 0 },
    lateral: { worker_ns: 0, detector_ns: 0 },
    telemetry: { worker_ns: 0, detector_ns: 0.1 },
  },
}
