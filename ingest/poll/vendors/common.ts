import { type Answer, listOf, objectOf, textOf } from '../answer.js'
import { PollFault } from '../fault.js'
import type { PollRequest, Session } from '../poll_vendor.js'

/** `2026-01-01T00:00:00Z`: whole seconds, as most controllers want them. */
export const isoSeconds = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`
export const epochS = (ms: number): number => Math.floor(ms / 1000)

export const bearer = (token: string): Session => ({ headers: { authorization: `Bearer ${token}` } })
export const basic = (username: string, password: string): Readonly<Record<string, string>> => ({
  authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`,
})

/** A text at a path of keys in an answer; a login without it was refused. */
export function loginField(answer: Answer, ...keys: string[]): string {
  const value = textOf(keys.reduce<unknown>((inner, key) => objectOf(inner)[key], answer.json))
  if (value === undefined)
    throw new PollFault('login', `${answer.of}: no ${keys.at(-1)} in the answer: check the credentials`)
  return value
}

/** Life of a session in seconds as answers give it, number or text. */
export function lifeOf(value: unknown): { readonly expiresInS?: number } {
  const seconds = Number(textOf(value))
  return seconds > 0 ? { expiresInS: seconds } : {}
}

/** The rows of an answer: a list, or the list under `key`. */
export const rowsAt =
  (...keys: string[]) =>
  (answer: Answer): readonly unknown[] =>
    listOf(keys.reduce<unknown>((inner, key) => objectOf(inner)[key], answer.json))

/** The following page by an offset, for as long as pages are full. */
export function nextOffset(
  request: PollRequest,
  rows: number,
  { offset, limit }: { readonly offset: string; readonly limit: string },
): PollRequest | undefined {
  const size = Number(request.query?.[limit])
  if (rows < size) return undefined
  const at = Number(request.query?.[offset] ?? 0)
  return { ...request, query: { ...request.query, [offset]: at + size } }
}
