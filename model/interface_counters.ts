import { z } from 'zod'
import { observationShape, stateShape, trafficShape } from './edge_words.js'

/** Counters and rates of one interface of an edge, without path performance. */
export const interfaceCountersSchema = z.strictObject({
  kind: z.literal('counters'),
  ...observationShape,
  ...trafficShape,
  ...stateShape,
})

export type InterfaceCounters = z.infer<typeof interfaceCountersSchema>
