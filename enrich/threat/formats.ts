import type { ThreatFeed } from '../../model/registry.js'
import { readCidrText } from './cidr_text.js'
import type { FeedContent, FeedDefaults } from './indicator.js'
import { readMisp } from './misp.js'
import { readStix } from './stix.js'

const DAY_MS = 86_400_000
/** OCSF: high. */
const SEVERITY_DEFAULT = 4

/** Readers by format: text, what the feed says for its entries, and the most indicators that are taken. */
const READERS: Readonly<
  Record<ThreatFeed['format'], (text: string, defaults: FeedDefaults, max: number) => FeedContent>
> = {
  cidr: readCidrText,
  stix: readStix,
  misp: readMisp,
  taxii: readStix,
}

/** The indicators of a feed's content. @throws FeedError where it is not of the feed's format */
export const readFeed = (feed: ThreatFeed, text: string, max: number): FeedContent =>
  READERS[feed.format](
    text,
    {
      severityId: feed.severity_id ?? SEVERITY_DEFAULT,
      ...(feed.confidence !== undefined && { confidence: feed.confidence }),
      ...(feed.expires_days !== undefined && { expiresMs: feed.expires_days * DAY_MS }),
    },
    max,
  )
