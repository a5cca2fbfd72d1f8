import { timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { isLoopback, type StoreConfig } from '../config.js'
import { HttpError, storeError } from './http_error.js'
import { header } from './request.js'

/** Who asks, and what holds for all their queries. */
export interface StoreUser {
  readonly name: string
  readonly readonly: boolean
  /** Set over what the request says, and not to be changed by it. */
  readonly forced: Readonly<Record<string, string>>
}

/** A refusal with the challenge of HTTP's basic authentication. */
export class ChallengeError extends HttpError {}

/** Settings that would lift what is forced on a reader. */
const KEPT_FROM_READERS = new Set([
  'readonly',
  'additional_table_filters',
  'additional_result_filter',
  'allow_ddl',
])

/**
 * Finds the user by header, basic authentication or URL, in this order, as ClickHouse does.
 * @throws HttpError 516 when name or password are wrong, 194 when a password is asked for and none was given
 */
export function authenticate(config: StoreConfig, request: IncomingMessage, url: URL): StoreUser {
  const { name, password } = credentials(request, url)
  const wanted = name === 'reader' ? config.reader_password : config.password
  const known = name === 'default' || name === 'vigie' || (name === 'reader' && wanted !== undefined)
  if (known && (wanted === undefined || (password !== undefined && same(password, wanted)))) {
    const readonly = name === 'reader'
    return { name, readonly, forced: readonly ? config.reader_settings : {} }
  }
  const message = `${name}: Authentication failed: password is incorrect, or there is no user with such name.`
  const refusal = storeError(516, 'AUTHENTICATION_FAILED', message)
  if (password !== undefined || !known) throw refusal
  throw new ChallengeError(401, 516, refusal.message)
}

/** What a reader may not set is left out. */
export function allowedSettings(
  user: StoreUser,
  settings: Readonly<Record<string, string>>,
): Record<string, string> {
  const asked = Object.entries(settings).filter(([name]) => !user.readonly || !KEPT_FROM_READERS.has(name))
  return { ...Object.fromEntries(asked), ...user.forced }
}

/**
 * Without a password any web page open in a browser of this machine could ask the store. Such a request says where the page
 * is from, or reaches the loopback address under a name of its own: both are refused.
 */
export function refuseWebPages(config: StoreConfig, request: IncomingMessage): void {
  if (config.password !== undefined) return
  const hosts = [header(request, 'origin'), `http://${header(request, 'host') ?? 'localhost'}`]
  for (const host of hosts) {
    if (host === undefined) continue
    if (URL.canParse(host) && isLoopback(new URL(host).hostname)) continue
    const message = `Requests from ${host} are refused while the store has no password: set store.password.`
    throw storeError(497, 'ACCESS_DENIED', message)
  }
}

function credentials(request: IncomingMessage, url: URL): { name: string; password: string | undefined } {
  const named = header(request, 'x-clickhouse-user')
  const key = header(request, 'x-clickhouse-key')
  if (named !== undefined || key !== undefined) return { name: named || 'default', password: key }
  const basic = /^Basic\s+(\S+)/i.exec(header(request, 'authorization') ?? '')?.[1]
  if (basic !== undefined) {
    const [name = '', ...rest] = Buffer.from(basic, 'base64').toString('utf8').split(':')
    return { name: name || 'default', password: rest.join(':') }
  }
  return {
    name: url.searchParams.get('user') || 'default',
    password: url.searchParams.get('password') ?? undefined,
  }
}

function same(a: string, b: string): boolean {
  const [x, y] = [Buffer.from(a), Buffer.from(b)]
  return x.length === y.length && timingSafeEqual(x, y)
}
