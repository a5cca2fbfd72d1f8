import { z } from 'zod'
import { observationShape, performanceShape, stateShape, trafficShape } from './edge_words.js'

/**
 * One observation of an underlay link, or of the path from it to a probe target. A target such as a public
 * resolver is no tunnel end: a round trip to it says something of the link only.
 */
export const linkSampleSchema = z.strictObject({
  kind: z.literal('link'),
  ...observationShape,
  ...performanceShape,
  ...trafficShape,
  ...stateShape,
})

export type LinkSample = z.infer<typeof linkSampleSchema>
