import { z } from 'zod'
import { edgeSimulatorSchema } from './edges/config.js'
import { REFERENCE_SITES } from './network.js'

const port = (of: number) => z.number().int().min(1).max(65535).default(of)

/** Incidents that services find today: floods and scans. */
const DEMO_KINDS = [
  'udp_flood',
  'reflection',
  'syn_flood',
  'carpet_bombing',
  'outbound_flood',
  'horizontal_scan',
  'vertical_scan',
  'icmp_sweep',
] as const

export const simulatorSchema = z.strictObject({
  /** Everything that is drawn hangs on this number and the time of the start. */
  seed: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER).default(1),
  /** Sites of the network, each with an exporter; 134 organisations share them. */
  sites: z.number().int().min(10).max(20_000).default(REFERENCE_SITES),
  /** Where datagrams go. */
  host: z.string().default('127.0.0.1'),
  netflow_port: port(2055),
  ipfix_port: port(4739),
  sflow_port: port(6343),
  /** Data records per second without those of incidents; the mean over the week where `weekly` is on. */
  flows_per_s: z.number().positive().max(1_000_000).default(2000),
  /** The rate follows the hours and days in Québec; else only the mix of applications does. */
  weekly: z.boolean().default(true),
  /** Ends by itself after so long; 0: never. */
  duration_s: z.number().min(0).default(0),
  /**
   * `distinct`: a source address in 127.0.0.0/8 for each exporter. `shared`: one address, domains tell them
   * apart.
   */
  addressing: z.enum(['distinct', 'shared']).default('distinct'),
  /** Open sockets at most; the one that was idle longest makes room. */
  sockets_max: z.number().int().min(1).max(65_536).default(4096),
  datagram_bytes: z.number().int().min(600).max(9000).default(1400),
  template_refresh_s: z.number().positive().default(60),
  incidents: z
    .strictObject({
      enabled: z.boolean().default(true),
      kinds: z.array(z.string()).default([...DEMO_KINDS]),
      /** Mean time between incidents after the first 40 s. */
      every_s: z.number().positive().default(45),
      intensity: z.number().positive().max(100).default(1),
    })
    .prefault({}),
  /** Incidents are written here as they begin, one line of JSON each; left out: kept in memory only. */
  truth_file: z.string().optional(),
  edges: edgeSimulatorSchema.prefault({}),
})
export type SimulatorConfig = z.infer<typeof simulatorSchema>
