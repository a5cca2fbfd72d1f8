import { z } from 'zod'
import { endsShape, observationShape, stateShape } from './edge_words.js'

/** Something that happened at an edge: a change of state, a failover, an SLA verdict, an alarm. */
export const edgeEventSchema = z.strictObject({
  kind: z.literal('event'),
  ...observationShape,
  ...endsShape,
  ...stateShape,
  /** The vendor's word for it. */
  event: z.string().min(1),
  /** OCSF: 1 informational, 2 low, 3 medium, 4 high, 5 critical, 6 fatal. */
  severity_id: z.number().int().min(1).max(6).optional(),
  /** The vendor's sentence. */
  message: z.string().min(1).optional(),
})

export type EdgeEvent = z.infer<typeof edgeEventSchema>
