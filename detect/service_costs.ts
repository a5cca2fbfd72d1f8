/** What one service costs for each flow, ns, with its default parameters. */
export interface ServiceCost {
  /** In a worker, on the way of the flow. */
  readonly worker_ns: number
  /** In the detector, whatever of a frame's partial is its own. */
  readonly detector_ns: number
}

/** Costs of services that look at flows, and where they come from: they are of one machine and one day. */
export interface ServiceCosts {
  /** Processors, runtime, and how busy it was. */
  readonly machine: string
  /** `2026-11-29` */
  readonly date: string
  /** By id; a service that was not measured is not there. */
  readonly services: Readonly<Record<string, ServiceCost>>
}
