import { medianSorted } from 'simple-statistics'
import type { Shape } from '../pack.js'

export const HOUR_MS = 3_600_000
export const DAY_MS = 86_400_000
const WEEK_H = 168
/** Steps of ten minutes that make the hour which is judged. */
export const STEP_MS = 600_000
const STEPS = 6
/** Hours kept of a host, and days of a pair. */
const HOURS = 256
const DAYS = 28
/** An hour in which a host sent less is remembered as quiet, octets. */
const QUIET_OCTETS = 10e6
const MEBI = 1e6

/** What a host sent out by hours: hour · octets, only of those that were not quiet. Plain data. */
export interface Sender {
  readonly key: string
  readonly firstMs: number
  hours: number[]
  credit: number
}
export const SENDER_SHAPE: Shape<Sender> = {
  numbers: ['firstMs', 'credit'],
  flags: [],
  lists: ['hours'],
  others: ['key'],
}

/** A host and a place on the Internet (/24, /48) that it sends much to. Plain data. */
export interface Transfer {
  readonly key: string
  /** Key (`addressKey`) of the host, of the address that was sent to last. */
  readonly src: string
  dst: string
  readonly place: number
  readonly orgId: number
  readonly siteId: number
  readonly firstMs: number
  lastMs: number
  port: number
  proto: number
  /** Step · octets out · octets in, of the last six steps. */
  steps: number[]
  /** Day · octets out · octets in, of the last days. */
  days: number[]
  open: boolean
  credit: number
}
export const TRANSFER_SHAPE: Shape<Transfer> = {
  numbers: ['place', 'orgId', 'siteId', 'firstMs', 'lastMs', 'port', 'proto', 'credit'],
  flags: ['open'],
  lists: ['steps', 'days'],
  others: ['key', 'src', 'dst'],
}

/** Adds to the hour's sum of a host. */
export function noteHour(sender: Sender, atMs: number, octets: number): void {
  const hour = Math.floor(atMs / HOUR_MS)
  const { hours } = sender
  let at = hours.length - 2
  while (at >= 0 && hours[at]! > hour) at -= 2
  if (at >= 0 && hours[at] === hour) {
    hours[at + 1]! += octets
    return
  }
  if (at !== hours.length - 2) return
  // The hour before is over: quiet ones need no place.
  if (at >= 0 && hours[at + 1]! < QUIET_OCTETS) hours.length = at
  hours.push(hour, octets)
  if (hours.length > HOURS * 2) hours.splice(0, 2)
}

/** How unusual what a host sent is for this hour of the week, over four weeks. */
export interface Unusual {
  /** Robust standard deviations of the logarithm of octets. */
  readonly z: number
  readonly medianOctets: number
  /** Weeks looked at. */
  readonly weeks: number
}

/**
 * The hour at `atMs` against the same hour of the week, the one before and the one after, of the last four weeks that the
 * host was watched.
 */
export function unusual(sender: Sender, atMs: number, octets: number): Unusual {
  const hour = Math.floor(atMs / HOUR_MS)
  const first = Math.floor(sender.firstMs / HOUR_MS)
  const values: number[] = []
  let weeks = 0
  for (let week = 1; week <= 4; week++) {
    const at = hour - week * WEEK_H
    if (at - 1 < first) break
    weeks++
    for (let h = at - 1; h <= at + 1; h++) values.push(Math.log1p(octetsOf(sender, h) / MEBI))
  }
  if (weeks === 0) return { z: Number.POSITIVE_INFINITY, medianOctets: 0, weeks }
  values.sort((a, b) => a - b)
  const median = medianSorted(values)
  const mad = medianSorted(values.map((x) => Math.abs(x - median)).sort((a, b) => a - b))
  const z = (Math.log1p(octets / MEBI) - median) / Math.max(1.4826 * mad, 0.3)
  return { z, medianOctets: Math.round(Math.expm1(median) * MEBI), weeks }
}

function octetsOf({ hours }: Sender, hour: number): number {
  for (let at = hours.length - 2; at >= 0; at -= 2) if (hours[at] === hour) return hours[at + 1]!
  return 0
}

export interface Sent {
  readonly out: number
  readonly back: number
}

/** Adds to a transfer's steps and days. */
export function noteTransfer(transfer: Transfer, atMs: number, out: number, back: number): void {
  add(transfer.steps, Math.floor(atMs / STEP_MS), out, back, STEPS)
  add(transfer.days, Math.floor(atMs / DAY_MS), out, back, DAYS)
}

/** Triples, oldest first; what is older than the oldest one that is kept is let go. */
function add(list: number[], index: number, out: number, back: number, most: number): void {
  let at = list.length - 3
  while (at >= 0 && list[at]! > index) at -= 3
  if (at >= 0 && list[at] === index) {
    list[at + 1]! += out
    list[at + 2]! += back
  } else if (at === list.length - 3) {
    list.push(index, out, back)
    if (list.length > most * 3) list.splice(0, 3)
  }
}

/** What was sent in the hour up to the newest step. */
export function lastHour({ steps }: Transfer): Sent {
  const newest = steps[steps.length - 3] ?? 0
  let out = 0
  let back = 0
  for (let at = 0; at < steps.length; at += 3) {
    if (steps[at]! <= newest - STEPS) continue
    out += steps[at + 1]!
    back += steps[at + 2]!
  }
  return { out, back }
}

/** Earlier days on which as much went to the same place, half of it at least. */
export function daysLike({ days }: Transfer, octets: number): number {
  let like = 0
  for (let at = 0; at < days.length - 3; at += 3) if (days[at + 1]! >= octets / 2) like++
  return like
}

export interface Slow extends Sent {
  readonly days: number
  /** Sum of what days exceed those before by, in robust standard deviations (CUSUM); infinite for a new place. */
  readonly cusum: number
}

/** Days that are judged together, and those before from which a habit is known. */
const RECENT_DAYS = 7
const HABIT_DAYS = 7
const SLACK = 0.5

/** What went to a place in the last seven days, against the days before: low and slow, or the habit of a host. */
export function slowly({ days }: Transfer, leastOctets: number): Slow {
  const newest = days[days.length - 3] ?? 0
  const before: number[] = []
  const recent: number[] = []
  let out = 0
  let back = 0
  for (let at = 0; at < days.length; at += 3) {
    const x = Math.log1p(days[at + 1]! / MEBI)
    if (days[at]! <= newest - RECENT_DAYS) {
      before.push(x)
      continue
    }
    out += days[at + 1]!
    back += days[at + 2]!
    if (days[at + 1]! >= leastOctets) recent.push(x)
  }
  if (before.length < HABIT_DAYS) {
    const young = before.length === 0 ? Number.POSITIVE_INFINITY : 0
    return { out, back, days: recent.length, cusum: young }
  }
  before.sort((a, b) => a - b)
  const median = medianSorted(before)
  const mad = medianSorted(before.map((x) => Math.abs(x - median)).sort((a, b) => a - b))
  let cusum = 0
  for (const x of recent) cusum = Math.max(0, cusum + (x - median) / Math.max(1.4826 * mad, 0.3) - SLACK)
  return { out, back, days: recent.length, cusum }
}
