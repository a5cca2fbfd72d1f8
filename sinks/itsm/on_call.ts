import type { OnCall } from './policy_config.js'
import { quebecHolidays } from './quebec_holidays.js'

/** A moment on the clocks of a place. */
interface LocalTime {
  /** `2026-11-21` */
  readonly day: string
  /** 0 Sunday to 6 Saturday. */
  readonly weekday: number
  readonly minutes: number
}

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']

/** The date and time of day in a time zone; changes of daylight saving time included. */
export function localTime(ms: number, timeZone: string): LocalTime {
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
  }).formatToParts(ms)
  const part = (type: string): string => parts.find((p) => p.type === type)?.value ?? ''
  return {
    day: `${part('year')}-${part('month')}-${part('day')}`,
    weekday: WEEKDAYS.indexOf(part('weekday')),
    minutes: Number(part('hour')) * 60 + Number(part('minute')),
  }
}

const minutesOf = (text: string): number => Number(text.slice(0, 2)) * 60 + Number(text.slice(3, 5))
const dayNumber = (day: string): number => Math.floor(Date.parse(`${day}T00:00:00Z`) / 86_400_000)

/** Whether a moment lies in the hours that a calendar is for: working days, or what is left of the week. */
function inHours({ hours }: OnCall, at: LocalTime): boolean {
  if (hours === undefined) return true
  const holiday = hours.holidays === 'quebec' && quebecHolidays(Number(at.day.slice(0, 4))).has(at.day)
  const working =
    !holiday &&
    hours.weekdays.includes(at.weekday) &&
    at.minutes >= minutesOf(hours.from) &&
    at.minutes < minutesOf(hours.to)
  return hours.outside ? !working : working
}

/**
 * Who is on call at a moment: the person of an override that covers the day, else whose turn it is. Nobody outside the
 * calendar's hours. A turn begins at `handover` local time, so that a night belongs to the day before.
 */
export function onCallAt(calendar: OnCall, ms: number): string | undefined {
  const at = localTime(ms, calendar.time_zone)
  if (!inHours(calendar, at)) return undefined
  const turnDay = at.minutes < minutesOf(calendar.handover) ? dayNumber(at.day) - 1 : dayNumber(at.day)
  const override = calendar.overrides.find(
    ({ from, to }) => dayNumber(from) <= turnDay && turnDay <= dayNumber(to),
  )
  if (override !== undefined) return override.person
  const turn = Math.floor((turnDay - dayNumber(calendar.start)) / calendar.every_days)
  const { people } = calendar
  return people[((turn % people.length) + people.length) % people.length]
}
