import type { ThreatFeed } from '../../model/registry.js'
import { ask, boundedText, type FetchLimits, signIn } from './fetch_feed.js'
import { FeedError } from './indicator.js'
import type { StixIndicator } from './stix.js'

/** TAXII 2.1, section 1.6.8.1. */
export const TAXII_TYPE = 'application/taxii+json;version=2.1'
/** A server that gives page after page is left after so many. */
const PAGES_MAX = 10_000

export interface TaxiiLimits extends FetchLimits {
  /** Objects asked for at once; a server may give fewer. */
  readonly page: number
}

export interface TaxiiPoll {
  /** Indicators, one JSON object a line. */
  readonly text: string
  /** When the last of them was added, by the server's clock, as it wrote it; the next poll asks for what came after. */
  readonly since?: string
}

interface Envelope {
  readonly more?: unknown
  readonly next?: unknown
  readonly objects?: unknown
}

/**
 * Asks a TAXII 2.1 collection for its indicators (section 5.4): those added after `since`, or all. The server gives the latest
 * version of each object unless it is asked otherwise. Pages follow by `next`, or where a server gives none by the date of the
 * last object (sections 3.3, 3.4).
 * @param feed its source is the collection's address, …/collections/ID/ or its objects'
 * @throws FeedError with what the server said
 */
export async function pollTaxii(
  feed: ThreatFeed,
  since: string | undefined,
  limits: TaxiiLimits,
  env: Readonly<Record<string, string | undefined>>,
): Promise<TaxiiPoll> {
  const headers = { accept: TAXII_TYPE, ...(await signIn(feed, env)) }
  const lines: string[] = []
  let bytes = 0
  let after = since
  let next: string | undefined
  let last = since
  for (let page = 0; page < PAGES_MAX; page++) {
    const url = objectsUrl(feed.source, after, next, limits.page)
    const answer = await ask(url.href, headers, limits.timeoutMs)
    const envelope = await readEnvelope(answer, limits.maxBytes - bytes)
    for (const object of envelope.objects) {
      const line = JSON.stringify(slim(object))
      bytes += line.length
      if (bytes > limits.maxBytes)
        throw new FeedError(`${feed.source} has more than ${limits.maxBytes} bytes`)
      lines.push(line)
    }
    last = answer.headers.get('x-taxii-date-added-last') ?? last
    if (!envelope.more) return { text: lines.join('\n'), ...(last !== undefined && { since: last }) }
    if (envelope.next === undefined && last === after)
      throw new FeedError(`${feed.source} says that there is more, and not where`)
    next = envelope.next
    if (next === undefined) after = last
  }
  throw new FeedError(`${feed.source} gives more than ${PAGES_MAX} pages`)
}

function objectsUrl(source: string, after: string | undefined, next: string | undefined, limit: number): URL {
  const url = new URL(source)
  const path = url.pathname.replace(/\/*$/, '/')
  url.pathname = path.endsWith('/objects/') ? path : `${path}objects/`
  url.searchParams.set('match[type]', 'indicator')
  url.searchParams.set('limit', String(limit))
  if (after !== undefined) url.searchParams.set('added_after', after)
  if (next !== undefined) url.searchParams.set('next', next)
  return url
}

async function readEnvelope(
  answer: Response,
  maxBytes: number,
): Promise<{ more: boolean; next?: string; objects: readonly StixIndicator[] }> {
  const where = answer.url.split('?')[0]!
  const text = await boundedText(answer, Math.max(0, maxBytes))
  if (!answer.ok) throw new FeedError(`${where} answers ${answer.status}${titleOf(text)}`)
  const type = answer.headers.get('content-type') ?? ''
  if (!type.startsWith('application/taxii+json'))
    throw new FeedError(`${where} answers with ${type || 'no type'}, not TAXII 2.1`)
  let envelope: Envelope
  try {
    envelope = JSON.parse(text) as Envelope
  } catch (error) {
    throw new FeedError(`${where} answers with what is no JSON (${(error as Error).message})`)
  }
  const { more, next, objects = [] } = envelope
  if (!Array.isArray(objects)) throw new FeedError(`${where} answers without a list of objects`)
  return {
    more: more === true,
    ...(typeof next === 'string' && { next }),
    objects: (objects as StixIndicator[]).filter((o) => o?.type === 'indicator'),
  }
}

/** `title` and `description` of a TAXII error (section 3.6.1), cut short. */
function titleOf(text: string): string {
  try {
    const { title, description } = JSON.parse(text) as { title?: unknown; description?: unknown }
    const said = [title, description].filter((t) => typeof t === 'string').join(', ')
    return said === '' ? '' : `: ${said.slice(0, 200)}`
  } catch {
    return ''
  }
}

/** What of an indicator is used. */
function slim(o: StixIndicator): StixIndicator {
  const {
    type,
    id,
    modified,
    created,
    revoked,
    pattern,
    pattern_type,
    valid_from,
    valid_until,
    confidence,
    name,
  } = o
  const all = {
    type,
    id,
    modified,
    created,
    revoked,
    pattern,
    pattern_type,
    valid_from,
    valid_until,
    confidence,
    name,
  }
  return all as StixIndicator
}
