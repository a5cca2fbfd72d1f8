import { readFile, stat } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { ThreatFeed } from '../../model/registry.js'
import { FeedError } from './indicator.js'

export interface FetchLimits {
  readonly timeoutMs: number
  readonly maxBytes: number
}

/** What tells one state of a source from the next: of a file its time and size, of an answer its ETag or date. */
export interface SourceMark {
  readonly etag?: string
  readonly modified?: string
}

export interface Fetched {
  /** Left out where the source has not changed since `mark`. */
  readonly text?: string
  readonly mark: SourceMark
}

type Env = Readonly<Record<string, string | undefined>>

/** Whether a feed's source is an address of the web; else it is a file. */
export const isWeb = (source: string): boolean => /^https?:\/\//.test(source)

/** The content of a feed's source. @throws FeedError with what to do; no secret is in it */
export async function fetchFeed(
  feed: ThreatFeed,
  mark: SourceMark,
  limits: FetchLimits,
  env: Env,
): Promise<Fetched> {
  if (!isWeb(feed.source)) return readSource(feed.source, mark, limits)
  const headers: Record<string, string> = { ...(await signIn(feed, env)) }
  if (mark.etag !== undefined) headers['if-none-match'] = mark.etag
  if (mark.modified !== undefined) headers['if-modified-since'] = mark.modified
  const answer = await ask(feed.source, headers, limits.timeoutMs)
  if (answer.status === 304) return { mark }
  if (!answer.ok) throw new FeedError(`${feed.source} answers ${answer.status}`)
  const etag = answer.headers.get('etag') ?? undefined
  const modified = answer.headers.get('last-modified') ?? undefined
  return {
    text: await boundedText(answer, limits.maxBytes),
    mark: { ...(etag && { etag }), ...(modified && { modified }) },
  }
}

async function readSource(source: string, mark: SourceMark, { maxBytes }: FetchLimits): Promise<Fetched> {
  const path = source.startsWith('file:') ? fileURLToPath(source) : source
  try {
    const { mtimeMs, size } = await stat(path)
    if (size > maxBytes) throw new FeedError(`${path} has ${size} bytes, more than ${maxBytes}`)
    const etag = `${mtimeMs}-${size}`
    return etag === mark.etag ? { mark } : { text: await readFile(path, 'utf8'), mark: { etag } }
  } catch (error) {
    if (error instanceof FeedError) throw error
    throw new FeedError(`${path} cannot be read (${(error as Error).message})`)
  }
}

/** An answer of the web. @throws FeedError where there is none */
export async function ask(
  url: string,
  headers: Readonly<Record<string, string>>,
  timeoutMs: number,
): Promise<Response> {
  try {
    return await fetch(url, { headers, redirect: 'follow', signal: AbortSignal.timeout(timeoutMs) })
  } catch (error) {
    const { message, cause } = error as Error
    throw new FeedError(`${url} cannot be reached (${(cause as Error | undefined)?.message ?? message})`)
  }
}

/** The body of an answer, of so many bytes at most. @throws FeedError where it is longer, or breaks off */
export async function boundedText(answer: Response, maxBytes: number): Promise<string> {
  const pieces: Uint8Array[] = []
  let bytes = 0
  try {
    for await (const piece of answer.body ?? []) {
      bytes += (piece as Uint8Array).length
      if (bytes > maxBytes) break
      pieces.push(piece as Uint8Array)
    }
  } catch (error) {
    throw new FeedError(`${answer.url} broke off (${(error as Error).message})`)
  }
  if (bytes > maxBytes) throw new FeedError(`${answer.url} sends more than ${maxBytes} bytes`)
  return Buffer.concat(pieces).toString('utf8')
}

/** The header by which a feed is signed in to. @throws FeedError where its secret is not there */
export async function signIn({ auth }: ThreatFeed, env: Env): Promise<Readonly<Record<string, string>>> {
  if (auth === undefined) return {}
  const secret = await secretOf(auth, env)
  if (auth.user !== undefined)
    return { authorization: `Basic ${Buffer.from(`${auth.user}:${secret}`).toString('base64')}` }
  return auth.header === undefined
    ? { authorization: `Bearer ${secret}` }
    : { [auth.header.toLowerCase()]: secret }
}

async function secretOf(auth: NonNullable<ThreatFeed['auth']>, env: Env): Promise<string> {
  const { secret_env, secret_file } = auth
  if (secret_env !== undefined) {
    const secret = env[secret_env]
    if (!secret) throw new FeedError(`the variable ${secret_env} is not set: it must hold the feed's secret`)
    return secret
  }
  if (secret_file === undefined) throw new FeedError('auth names neither secret_env nor secret_file')
  try {
    return (await readFile(secret_file, 'utf8')).trim()
  } catch (error) {
    throw new FeedError(`${secret_file} cannot be read (${(error as Error).message})`)
  }
}
