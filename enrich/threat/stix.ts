import {
  type FeedContent,
  type FeedDefaults,
  FeedError,
  FeedReading,
  feedConfidence,
  feedTime,
} from './indicator.js'
import { patternAddresses } from './stix_pattern.js'

/** What of a STIX indicator is read (STIX 2.1, section 4.7). */
export interface StixIndicator {
  readonly type: string
  readonly id: string
  readonly modified?: string
  readonly created?: string
  readonly revoked?: boolean
  readonly pattern?: string
  readonly pattern_type?: string
  readonly valid_from?: string
  readonly valid_until?: string
  readonly confidence?: number
  readonly name?: string
}

/**
 * A STIX 2.1 bundle, or its objects one a line, as a TAXII poll keeps them: indicators whose pattern is an
 * address. Of several versions of one object the one modified last holds; where that is revoked, none does.
 */
export function readStix(text: string, defaults: FeedDefaults, max: number): FeedContent {
  const latest = new Map<string, StixIndicator>()
  const reading = new FeedReading(max)
  for (const object of objectsOf(text)) {
    const indicator = object as StixIndicator
    if (indicator?.type !== 'indicator') continue
    if (typeof indicator.id !== 'string') {
      reading.skip('invalid')
      continue
    }
    const before = latest.get(indicator.id)
    if (before === undefined || versionOf(indicator) >= versionOf(before)) latest.set(indicator.id, indicator)
  }
  for (const indicator of latest.values()) readIndicator(indicator, defaults, reading)
  return reading.content()
}

const versionOf = ({ modified, created }: StixIndicator): number => feedTime(modified ?? created) ?? 0

function readIndicator(indicator: StixIndicator, defaults: FeedDefaults, reading: FeedReading): void {
  const { id, revoked, pattern, pattern_type = 'stix', valid_from, valid_until } = indicator
  if (revoked === true) {
    reading.revoked.push(id)
    reading.skip('revoked')
    return
  }
  const fromMs = feedTime(valid_from)
  const untilMs = feedTime(valid_until) ?? defaultEnd(indicator, defaults)
  if (typeof pattern !== 'string' || (valid_from !== undefined && fromMs === undefined)) {
    reading.skip('invalid')
    return
  }
  if (fromMs !== undefined && untilMs !== undefined && untilMs <= fromMs) {
    reading.skip('invalid')
    return
  }
  const addresses = pattern_type === 'stix' ? patternAddresses(pattern) : undefined
  if (addresses === undefined) {
    reading.skip('pattern_unsupported')
    return
  }
  const confidence = feedConfidence(indicator.confidence) ?? defaults.confidence
  for (const address of new Set(addresses)) {
    reading.add(address, {
      id,
      name: typeof indicator.name === 'string' ? indicator.name : '',
      severityId: defaults.severityId,
      ...(confidence !== undefined && { confidence }),
      ...(fromMs !== undefined && { fromMs }),
      ...(untilMs !== undefined && { untilMs }),
    })
  }
}

const defaultEnd = (indicator: StixIndicator, { expiresMs }: FeedDefaults): number | undefined =>
  expiresMs === undefined ? undefined : versionOf(indicator) + expiresMs

/** @throws FeedError when it is neither a bundle nor lines of objects */
function objectsOf(text: string): readonly unknown[] {
  const start = text.trimStart()
  try {
    if (start === '') return []
    if (start.startsWith('[')) return JSON.parse(text) as unknown[]
    const first = start.slice(0, start.indexOf('\n') < 0 ? undefined : start.indexOf('\n'))
    if (isJsonLine(first)) {
      const objects = text
        .split('\n')
        .filter((line) => line.trim() !== '')
        .map((line) => JSON.parse(line) as { objects?: unknown })
      return objects.flatMap((o) => (Array.isArray(o.objects) ? (o.objects as unknown[]) : [o]))
    }
    const bundle = JSON.parse(text) as { objects?: unknown }
    return Array.isArray(bundle.objects) ? (bundle.objects as unknown[]) : [bundle]
  } catch (error) {
    throw new FeedError(`not a STIX bundle: ${(error as Error).message}`)
  }
}

function isJsonLine(line: string): boolean {
  try {
    return typeof JSON.parse(line) === 'object'
  } catch {
    return false
  }
}
