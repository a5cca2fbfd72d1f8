import { z } from 'zod'

/**
 * Words of the four records that SD-WAN edges are read into: LinkSample, TunnelSample, EdgeEvent and
 * InterfaceCounters. Delay, delay variation and loss are those of RFC 7679, RFC 3393 and RFC 7680, which MEF
 * 70.2 takes over; a vendor's "jitter" may be any of several figures, so its kind stands beside it.
 */

/** `tx`: from the device to the network; `rx`: towards it; `both`: round-trip values, states and totals. */
export const DIRECTIONS = ['tx', 'rx', 'both'] as const
export const LATENCY_KINDS = ['round_trip', 'one_way'] as const
export const LATENCY_STATISTICS = ['mean', 'median', 'p95', 'min', 'max'] as const
/**
 * `smoothed`: RFC 3550; `mean_deviation`: mean of absolute differences; `percentile`: of RFC 3393
 * differences.
 */
export const JITTER_KINDS = [
  'smoothed',
  'mean_deviation',
  'standard_deviation',
  'percentile',
  'unknown',
] as const
/** Loss before or after forward error correction. */
export const LOSS_STAGES = ['pre_fec', 'post_fec'] as const
/** `delta`: of the interval; `cumulative`: since the counter's start, so a rate needs two readings. */
export const BYTES_KINDS = ['delta', 'cumulative'] as const
export const EDGE_STATES = ['up', 'degraded', 'down', 'standby', 'disabled', 'unknown'] as const
export type EdgeState = (typeof EDGE_STATES)[number]

const text = z.string().min(1).optional()
const amount = z.number().nonnegative().optional()
const ratio = z.number().min(0).max(1).optional()

/** Who was observed, and when. Every record has these. */
export const observationShape = {
  /** Id of the vendor that the payload speaks (`vigie vendors`), or the mapping's word. */
  vendor: z.string().min(1),
  /** End of the observed interval: ISO 8601, UTC, ms. */
  observed_at: z.iso.datetime().optional(),
  /**
   * `received`: the payload carries no time of measurement; `observed_at` is then the receipt or left out.
   */
  observed_at_source: z.literal('received').optional(),
  /** Length of the observed interval, s; its start is `observed_at` less this. */
  interval_s: amount,
  /** The controller that told, where it is not the device itself. */
  controller: text,
  /** The vendor's stable id of the edge (serial, system address, MAC) before its name. */
  device: text,
  /** The vendor's site id before its name. */
  site: text,
  /** The underlay link, as the vendor names it: interface, circuit or uplink. */
  link: text,
  /** Provider of the underlay. */
  carrier: text,
} as const

/** Performance between two ends. Left out where not measured: never null, never a made-up zero. */
export const performanceShape = {
  direction: z.enum(DIRECTIONS).optional(),
  latency_ms: amount,
  latency_kind: z.enum(LATENCY_KINDS).optional(),
  latency_statistic: z.enum(LATENCY_STATISTICS).optional(),
  jitter_ms: amount,
  jitter_kind: z.enum(JITTER_KINDS).optional(),
  /** Lost share of packets, 0 to 1 (MEF's Packet Loss Ratio, RFC 7680 over an interval). */
  loss_ratio: ratio,
  loss_stage: z.enum(LOSS_STAGES).optional(),
  /** Mean opinion score as the vendor reports it, on its own scale. */
  mos: amount,
  mos_scale_max: amount,
  /** Simplified E-model over this record's latency as reported, jitter and loss; 1 to 4.41. */
  mos_computed: amount,
  /** A vendor's own score that is no MOS. */
  qoe: amount,
  qoe_scale_max: amount,
} as const

/** Traffic and capacity of a link or tunnel, seen from the device. */
export const trafficShape = {
  /** Rates, bit/s. */
  tx_bps: amount,
  rx_bps: amount,
  tx_bytes: amount,
  rx_bytes: amount,
  tx_packets: amount,
  rx_packets: amount,
  /** How bytes and packets count. */
  bytes_kind: z.enum(BYTES_KINDS).optional(),
  /** Capacity as configured or measured by the vendor, bit/s. */
  tx_capacity_bps: amount,
  rx_capacity_bps: amount,
} as const

/** State and verdicts. */
export const stateShape = {
  /** Share of the interval that the link was up, 0 to 1. */
  availability_ratio: ratio,
  state: z.enum(EDGE_STATES).optional(),
  /** The vendor's own word. */
  state_raw: text,
  /** Service class, SLA profile or health check that was measured. */
  sla_class: text,
  /** The vendor's class name or target id → whether it is met. */
  sla_met: z.record(z.string().min(1), z.boolean()).optional(),
} as const

/** The two ends of a tunnel and the transport each uses. */
export const endsShape = {
  local: text,
  remote: text,
  local_color: text,
  remote_color: text,
} as const
