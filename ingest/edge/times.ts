import { textOf } from './json.js'

/** Times of telemetry lie between these; outside, a number is an uptime, a counter or a mistake. */
const EARLIEST_MS = Date.UTC(2000, 0, 1)
const LATEST_MS = Date.UTC(2100, 0, 1)

const within = (ms: number): number | undefined =>
  ms >= EARLIEST_MS && ms < LATEST_MS ? Math.floor(ms) : undefined

/**
 * An epoch in seconds, ms, µs or ns, as number or text, in ms. The unit is told by the magnitude: between
 * 2000 and 2100 the four ranges do not touch, and the same field comes in different units from different
 * releases (FortiOS `eventtime`: s up to 6.2, ns in 7.x). Undefined for 0 and for what is no date.
 */
export function epochMs(value: unknown): number | undefined {
  const text = textOf(value)
  if (text === undefined || !/^\d{9,20}(\.\d+)?$/.test(text)) return undefined
  const whole = text.split('.')[0]!
  if (whole.length <= 11) return within(Number(text) * 1000)
  if (whole.length <= 14) return within(Number(text))
  // Beyond 2^53 the digits are cut as text.
  if (whole.length <= 17) return within(Number(whole.slice(0, -3)))
  return within(Number(whole.slice(0, -6)))
}

const ISO =
  /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d|\d| \d):\s?(\d\d|\d):(\d\d)(?:[.,](\d{1,9}))?\s*(Z|UTC|[+-]\d\d:?\d\d)?$/i

/**
 * ISO 8601 (also with a space for `T`, and with the space that some releases print for a leading zero: `00:
 * 6:15`) in ms. A time without a zone is taken as UTC.
 */
export function isoMs(value: unknown): number | undefined {
  const match = ISO.exec(textOf(value) ?? '')
  if (match === null) return undefined
  const [, year, month, day, hour, minute, second, fraction, zone] = match
  const ms = Date.UTC(+year!, +month! - 1, +day!, +hour!, +minute!, +second!)
  if (+month! < 1 || +month! > 12 || new Date(ms).getUTCDate() !== +day!) return undefined
  const thousandths = Number((fraction ?? '0').padEnd(3, '0').slice(0, 3))
  return within(ms + thousandths - zoneMs(zone))
}

/** `+0100`, `-08:00`, `Z` as ms east of UTC. */
export function zoneMs(zone: string | undefined): number {
  const match = /^([+-])(\d\d):?(\d\d)$/.exec(zone ?? '')
  if (match === null) return 0
  const minutes = Number(match[2]) * 60 + Number(match[3])
  return (match[1] === '-' ? -minutes : minutes) * 60_000
}

/** An epoch or an ISO time, in ms. */
export const timeMs = (value: unknown): number | undefined => epochMs(value) ?? isoMs(value)

/** The first of these that is a time, in ms. */
export function firstTimeMs(...values: unknown[]): number | undefined {
  for (const value of values) {
    const ms = timeMs(value)
    if (ms !== undefined) return ms
  }
  return undefined
}
