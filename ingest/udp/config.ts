import { z } from 'zod'
import { isPrefix } from './address.js'

const MIB = 1024 * 1024
const count = (min = 1) => z.number().int().min(min)

/** The collector: where it listens, how it frames, and its bounds. */
export const collectorSchema = z.strictObject({
  /** Names the collector in its frames and in the state store. Give each of several collectors a name of its own. */
  name: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/, 'letters, digits, - and _, at most 64')
    .default('main'),
  /** Addresses to listen on, IPv4 and IPv6; 0.0.0.0 and :: for all. Loopback unless told otherwise. */
  hosts: z
    .array(z.union([z.ipv4(), z.ipv6()]))
    .min(1)
    .max(16)
    .default(['127.0.0.1', '::1']),
  /** UDP ports; any protocol on any of them. 0: any free port. */
  ports: z.array(z.number().int().min(0).max(65535)).min(1).max(16).default([2055, 4739, 6343]),
  /** Receive buffer asked of the kernel for each socket; net.core.rmem_max bounds what it grants. */
  receive_buffer_bytes: count(65_536).default(32 * MIB),
  /** A frame is closed at this size, or at its age, whichever comes first. */
  frame_bytes: count(128 * 1024)
    .max(4 * MIB)
    .default(512 * 1024),
  frame_age_ms: count().max(10_000).default(250),
  /** Frames that the sink has not yet made durable. Beyond it frames are refused and their datagrams counted. */
  in_flight_bytes_max: count(MIB).default(128 * MIB),
  /** Datagrams that wait for their template: all, and those of one exporter. At a bound the oldest is framed as it is. */
  waiting_bytes_max: count(0).default(64 * MIB),
  waiting_exporter_bytes_max: count(0).default(4 * MIB),
  /** Templates come every few minutes from most exporters; what waited longer is framed as it is. */
  waiting_ms_max: count(0).default(120_000),
  /** Addresses or prefixes that may send (`10.0.0.0/8`); empty: all. */
  allow: z
    .array(z.string().refine(isPrefix, 'an address, or a prefix like 10.0.0.0/8'))
    .max(10_000)
    .default([]),
  /**
   * What is known of exporters beforehand, by the address or prefix that their datagrams come from; the first that fits
   * holds. `address`: the exporter's own, where it stands behind a NAT or a relay. `sampling_rate`: one packet in so
   * many, where it says none itself.
   */
  exporters: z
    .array(
      z.strictObject({
        from: z.string().refine(isPrefix, 'an address, or a prefix like 10.0.0.0/8'),
        address: z.union([z.ipv4(), z.ipv6()]).optional(),
        sampling_rate: z.number().int().min(1).max(0xffffff).optional(),
      }),
    )
    .max(1000)
    .default([]),
  /** Exporters remembered. When all places are taken a new one gets in only if another was silent for the idle time. */
  exporters_max: count().default(10_000),
  exporter_idle_s: count().default(3600),
  /** Observation domains of one exporter whose sequence numbers are followed at one time. */
  exporter_streams_max: count().max(4096).default(64),
  /** Datagrams a second of one exporter; more are rejected as exporter_limit. 0: no bound. */
  exporter_datagrams_per_s_max: count(0).default(0),
  /** Rejected datagrams kept whole in the dead letters, for each code and second; the others are kept as a number. */
  dead_letters_per_s_max: count(0).default(10),
  /** How often counters and exporters are written to the state store. */
  publish_every_ms: count(100).default(5_000),
  /** How often frames say which exporters were heard, also where nothing comes. */
  notes_every_ms: count(100).default(10_000),
  /** How long a stop may go on reading what the kernel still holds. */
  drain_ms_max: count(0).default(2_000),
})
export type CollectorConfig = z.infer<typeof collectorSchema>
