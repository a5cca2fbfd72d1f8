import { type FeedContent, type FeedDefaults, FeedError, FeedReading, feedTime } from './indicator.js'

interface MispTag {
  readonly name?: unknown
}

interface MispAttribute {
  readonly type?: unknown
  readonly value?: unknown
  readonly uuid?: unknown
  readonly to_ids?: unknown
  readonly deleted?: unknown
  readonly comment?: unknown
  readonly timestamp?: unknown
  readonly last_seen?: unknown
  readonly Tag?: unknown
  readonly Event?: unknown
}

interface MispEvent {
  readonly info?: unknown
  readonly threat_level_id?: unknown
  readonly Attribute?: unknown
  readonly Object?: unknown
  readonly Tag?: unknown
}

/** Types of attributes that name an address, and the part of the value that it is. */
const ADDRESS_PART: Readonly<Record<string, 0 | 1>> = {
  'ip-src': 0,
  'ip-dst': 0,
  'ip-src|port': 0,
  'ip-dst|port': 0,
  'domain|ip': 1,
}
/** `threat_level_id`: 1 high, 2 medium, 3 low, 4 undefined. */
const SEVERITIES: Readonly<Record<string, number>> = { 1: 4, 2: 3, 3: 2 }
/** MISP's taxonomy `misp`, predicate `confidence-level`. */
const CONFIDENCES: Readonly<Record<string, number>> = {
  'completely-confident': 100,
  'usually-confident': 75,
  'fairly-confident': 50,
  'rarely-confident': 25,
  unconfident: 0,
}

/**
 * MISP's JSON: an event, several, an answer of its search (`response`), or attributes alone. Attributes that are not meant
 * for detection (`to_ids` false) or deleted are left out. MISP knows no end of an attribute; the feed's `expires_days` counts
 * from when it was last seen, else from when it was written.
 */
export function readMisp(text: string, defaults: FeedDefaults, max: number): FeedContent {
  const reading = new FeedReading(max)
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch (error) {
    throw new FeedError(`not MISP's JSON: ${(error as Error).message}`)
  }
  const root = Array.isArray(content) ? content : (fieldOf(content, 'response') ?? content)
  const items = Array.isArray(root) ? root : [root]
  let known = 0
  for (const item of items) {
    const event = (fieldOf(item, 'Event') ?? item) as MispEvent
    if (typeof event !== 'object' || event === null) continue
    if (isAttribute(event)) readAttribute(event, {}, defaults, reading)
    else if ('Attribute' in event || 'Object' in event || 'info' in event) readEvent(event, defaults, reading)
    else continue
    known++
  }
  if (known < items.length) throw new FeedError("not MISP's JSON: neither events nor attributes")
  return reading.content()
}

const fieldOf = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[key] : undefined

const isAttribute = (value: object): value is MispAttribute => 'value' in value && 'type' in value

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

function readEvent(event: MispEvent, defaults: FeedDefaults, reading: FeedReading): void {
  const attributes = [
    ...listOf(event.Attribute),
    ...listOf(event.Object).flatMap((object) => listOf(fieldOf(object, 'Attribute'))),
  ]
  for (const attribute of attributes) {
    if (typeof attribute === 'object' && attribute !== null)
      readAttribute(attribute, event, defaults, reading)
  }
}

function readAttribute(
  attribute: MispAttribute,
  event: MispEvent,
  defaults: FeedDefaults,
  reading: FeedReading,
): void {
  const { type, value, uuid, to_ids, deleted, comment, timestamp, last_seen } = attribute
  const part = ADDRESS_PART[String(type)]
  if (part === undefined) return
  if (deleted === true || deleted === 1 || deleted === '1') {
    reading.skip('revoked')
    return
  }
  if (to_ids === false || to_ids === 0 || to_ids === '0') {
    reading.skip('not_for_detection')
    return
  }
  const of = (attribute.Event ?? event) as MispEvent
  const seconds = Number(timestamp)
  const seenMs = feedTime(last_seen) ?? (Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : undefined)
  const { expiresMs } = defaults
  const confidence = confidenceOf([...listOf(attribute.Tag), ...listOf(of.Tag)]) ?? defaults.confidence
  reading.add(String(value).split('|')[part] ?? '', {
    id: typeof uuid === 'string' ? uuid : '',
    name: [of.info, comment].filter((t): t is string => typeof t === 'string' && t !== '').join(': '),
    severityId: SEVERITIES[String(of.threat_level_id)] ?? defaults.severityId,
    ...(confidence !== undefined && { confidence }),
    ...(expiresMs !== undefined && seenMs !== undefined && { untilMs: seenMs + expiresMs }),
  })
}

function confidenceOf(tags: readonly unknown[]): number | undefined {
  for (const tag of tags) {
    const { name } = (tag ?? {}) as MispTag
    const match = /^misp:confidence-level="([a-z-]+)"$/.exec(String(name))
    if (match !== null) return CONFIDENCES[match[1]!]
  }
  return undefined
}
