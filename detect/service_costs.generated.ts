// Written by `vigie bench detect --write-docs`. A service that is not here was not measured.
import type { ServiceCosts } from './service_costs.js'

export const SERVICE_COSTS: ServiceCosts = {
  machine: 'AMD EPYC, Node 20.20.2',
  date: '2026-11-29',
  services: {
    ddos: { worker_ns: 68, detector_ns: 6.5 },
    scan: { worker_ns: 96, detector_ns: 213.5 },
    bruteforce: { worker_ns: 22, detector_ns: 17.9 },
    beacon: { worker_ns: 92, detector_ns: 54.9 },
    dnstunnel: { worker_ns: 72, detector_ns: 57 },
    exfil: { worker_ns: 10, detector_ns: 15.6 },
    intel: { worker_ns: 0, detector_ns: 0 },
    segmentation: { worker_ns: 0, detector_ns: 0 },
    p2p: { worker_ns: 0, detector_ns: 0 },
    lateral: { worker_ns: 0, detector_ns: 0 },
    telemetry: { worker_ns: 0, detector_ns: 0 },
  },
}
