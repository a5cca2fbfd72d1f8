import { z } from 'zod'

const MIB = 1024 * 1024
const count = (min = 1) => z.number().int().min(min)

/** How threat feeds are fetched and followed. The feeds themselves are a section of the registry. */
export const threatsSchema = z.strictObject({
  refresh_s: count(60).default(3_600).describe('how often a feed is looked at that does not say it'),
  retry_s: count(1).default(300).describe('and how soon again after it could not be read'),
  fetch_timeout_ms: count(100).default(60_000).describe('an answer of a feed that takes longer is given up'),
  feed_max_bytes: count(1024)
    .default(256 * MIB)
    .describe('largest content of a feed'),
  feed_max_indicators: count().default(1_000_000).describe('most indicators of a feed; the rest is counted'),
  taxii_page: count().default(1_000).describe('objects asked for at once of a TAXII server'),
  taxii_full_s: count(60)
    .default(86_400)
    .describe('how often a TAXII collection is read whole, for servers do not tell what they took away'),
  retro_days: count(0)
    .default(3)
    .describe('days of stored flows that new indicators are held against; 0: none'),
  poll_interval_ms: count(10)
    .default(2_000)
    .describe('how often a process looks whether the set of indicators has changed'),
})
export type ThreatsConfig = z.infer<typeof threatsSchema>
