import { z } from 'zod'
import { edgeEventSchema } from './edge_event.js'
import { interfaceCountersSchema } from './interface_counters.js'
import { linkSampleSchema } from './link_sample.js'
import { tunnelSampleSchema } from './tunnel_sample.js'

/** What an SD-WAN payload is read into: one of four records, told apart by `kind`. */
export const edgeRecordSchema = z.discriminatedUnion('kind', [
  linkSampleSchema,
  tunnelSampleSchema,
  edgeEventSchema,
  interfaceCountersSchema,
])

export type EdgeRecord = z.infer<typeof edgeRecordSchema>
export type EdgeRecordKind = EdgeRecord['kind']

/** All keys of the four records, in the order they are printed. */
export const EDGE_RECORD_KEYS: readonly string[] = [
  ...new Set(['kind', 'vendor', 'observed_at', 'observed_at_source', 'interval_s']),
  ...new Set(
    [tunnelSampleSchema, edgeEventSchema].flatMap((schema) =>
      Object.keys(schema.shape).filter(
        (key) => !['kind', 'vendor', 'observed_at', 'observed_at_source', 'interval_s'].includes(key),
      ),
    ),
  ),
]
