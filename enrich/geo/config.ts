import { z } from 'zod'

/** Where the autonomous system and the country of outside addresses are looked up. The files are the user's own. */
export const geoSchema = z.strictObject({
  files: z
    .array(z.string())
    .default([])
    .describe(
      'MaxMind DB files (.mmdb) of countries and autonomous systems; the first that knows an address holds',
    ),
  poll_interval_ms: z
    .number()
    .int()
    .min(10)
    .default(60_000)
    .describe('how often a process looks whether one of them has changed'),
})
export type GeoConfig = z.infer<typeof geoSchema>
