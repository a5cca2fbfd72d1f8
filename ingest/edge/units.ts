import { textOf } from './json.js'

/** 2^64 − 1, by which counters of 64 bits say "bad value"; as a double it reads 2^64. */
const ALL_ONES = '18446744073709551615'

/**
 * A number, also where it comes as text. Undefined for what is no number, for 2^64−1 and for texts that say
 * "no value".
 */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) && value !== 2 ** 64 ? value : undefined
  const text = textOf(value)
  if (text === undefined || text === ALL_ONES || !/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text))
    return undefined
  return Number(text)
}

/** The number times a factor: `scaled(kbps, 1000)`. Divides by the inverse where exactness matters. */
export function scaled(value: unknown, factor: number): number | undefined {
  const n = numberOf(value)
  return n === undefined ? undefined : n * factor
}

/** The number divided: hundredths, percent, octets over seconds. */
export function divided(value: unknown, divisor: number | undefined): number | undefined {
  const n = numberOf(value)
  return n === undefined || divisor === undefined || divisor <= 0 ? undefined : n / divisor
}

/** Percent, with or without its sign, as a share of 1. What lies outside 0 to 100 is no percentage. */
export function percentOf(value: unknown): number | undefined {
  const n = numberOf(typeof value === 'string' ? value.replace(/\s*%\s*$/, '') : value)
  return n === undefined || n < 0 || n > 100 ? undefined : n / 100
}

/** Lost packets of those sent, as a share of 1. */
export function lostOf(lost: unknown, sent: unknown): number | undefined {
  const [l, s] = [numberOf(lost), numberOf(sent)]
  return l === undefined || s === undefined || s <= 0 || l < 0 || l > s ? undefined : l / s
}

/** Octets of an interval as bit/s. */
export function rateOf(octets: unknown, seconds: number | undefined): number | undefined {
  const n = numberOf(octets)
  return n === undefined || seconds === undefined || seconds <= 0 ? undefined : (n * 8) / seconds
}

const BITS: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9, t: 1e12 }

/** A rate with its unit (`10.00Gbps`, `43 kbit/s`, SI multiples) in bit/s. */
export function bitRateOf(value: unknown): number | undefined {
  const match = /^([\d.]+)\s*([kmgt]?)(?:bps|bit\/s|bits\/s|b\/s)$/i.exec(textOf(value) ?? '')
  if (match === null) return undefined
  return scaled(match[1], BITS[match[2]!.toLowerCase()]!)
}

/** Bytes of a unit's name: `MB`, `kB`, `KB`, `bytes` (SI multiples). */
export function byteUnitOf(value: unknown): number | undefined {
  const match = /^([kmgt]?)(?:b|bytes?)$/i.exec(textOf(value) ?? '')
  return match === null ? undefined : BITS[match[1]!.toLowerCase()]
}

/** Bit/s of a unit's name: `kbps`, `Mbps`. */
export const bitUnitOf = (value: unknown): number | undefined => bitRateOf(`1${textOf(value) ?? ''}`)

/** Thousandths, as multiples of ms, per unit. Division keeps 20150 µs exactly 20.15 ms. */
const MS_PER: Readonly<Record<string, readonly [times: number, over: number]>> = {
  ns: [1, 1e6],
  us: [1, 1e3],
  µs: [1, 1e3],
  μs: [1, 1e3],
  ms: [1, 1],
  s: [1e3, 1],
}

/** A time span in a named unit (`ns`, `us`, `ms`, `s`), in ms. */
export function spanMs(value: unknown, unit: string): number | undefined {
  const n = numberOf(value)
  const scale = MS_PER[unit.toLowerCase()]
  return n === undefined || scale === undefined ? undefined : (n * scale[0]) / scale[1]
}

/** A time span with its unit (`576us`, `1.91 ms`), in ms. */
export function millisecondsOf(value: unknown): number | undefined {
  const match = /^([\d.]+)\s*(ns|us|µs|μs|ms|s)$/i.exec(textOf(value) ?? '')
  return match === null ? undefined : spanMs(match[1], match[2]!)
}
