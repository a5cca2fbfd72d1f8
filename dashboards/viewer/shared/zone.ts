/**
 * The zone that times are shown in. Stored times are UTC; Îles-de-la-Madeleine live an hour ahead, so the zone is named
 * wherever a time stands alone.
 */
export const TIME_ZONE = 'America/Toronto'

const PARTS = new Intl.DateTimeFormat('en-CA', {
  timeZone: TIME_ZONE,
  hourCycle: 'h23',
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
})

export interface LocalTime {
  readonly year: string
  readonly month: string
  readonly day: string
  readonly hour: string
  readonly minute: string
  readonly second: string
}

export function localTime(ms: number): LocalTime {
  const parts = Object.fromEntries(PARTS.formatToParts(ms).map(({ type, value }) => [type, value]))
  return parts as unknown as LocalTime
}

/** Local time minus UTC at a moment, ms. */
export function offsetMs(ms: number): number {
  const t = localTime(ms)
  const local = Date.UTC(+t.year, +t.month - 1, +t.day, +t.hour, +t.minute, +t.second)
  return local - Math.floor(ms / 1000) * 1000
}

/** 2026-11-21 14:05:30 */
export function isoLocal(ms: number, withSeconds = true): string {
  const t = localTime(ms)
  const time = `${t.hour}:${t.minute}${withSeconds ? `:${t.second}` : ''}`
  return `${t.year}-${t.month}-${t.day} ${time}`
}

/** 2026-11-21 14:05, as written in this zone; undefined where it does not read. An hour that a spring skips is the next one. */
export function parseLocal(text: string): number | undefined {
  const hit = /^\s*(\d{4})-(\d\d)-(\d\d)(?:[T ]+(\d\d?)(?::| h )?(\d\d)?(?::(\d\d))?)?\s*$/.exec(
    text.replaceAll('\u00a0', ' '),
  )
  if (hit === null) return undefined
  const [year, month, day, hour = 0, minute = 0, second = 0] = hit
    .slice(1)
    .map((part) => (part === undefined ? undefined : Number(part)))
  const asUtc = Date.UTC(year!, month! - 1, day!, hour, minute, second)
  const { getUTCMonth, getUTCDate } = Date.prototype
  const read = new Date(asUtc)
  if (getUTCMonth.call(read) !== month! - 1 || getUTCDate.call(read) !== day! || hour > 23 || minute > 59) {
    return undefined
  }
  // The offset at the moment itself: the first guess is off by at most the change of a summer time.
  const guess = asUtc - offsetMs(asUtc)
  return asUtc - offsetMs(guess)
}
