import { z } from 'zod'
import { endsShape, observationShape, performanceShape, stateShape, trafficShape } from './edge_words.js'

/** One observation of an overlay path between two edges (a Tunnel Virtual Connection in MEF 70.2's words). */
export const tunnelSampleSchema = z.strictObject({
  kind: z.literal('tunnel'),
  ...observationShape,
  ...endsShape,
  ...performanceShape,
  ...trafficShape,
  ...stateShape,
})

export type TunnelSample = z.infer<typeof tunnelSampleSchema>
