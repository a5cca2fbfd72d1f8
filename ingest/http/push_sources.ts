import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { IncomingHttpHeaders } from 'node:http'
import type { PushSourceConfig, SignatureConfig } from './config.js'

/** A source that may push, with its secrets. */
export interface PushSource {
  readonly config: PushSourceConfig
  /** SHA-256 of its token. */
  readonly token?: Buffer
  readonly signature?: { readonly config: SignatureConfig; readonly secret: Buffer }
}

const digest = (text: string | Buffer): Buffer => createHash('sha256').update(text).digest()

/** Whether two texts are the same, in a time that does not depend on where they differ. */
const same = (a: string | Buffer, b: string | Buffer): boolean => timingSafeEqual(digest(a), digest(b))

interface SecretPlace {
  readonly file: string | undefined
  readonly env: string | undefined
}

function secretOf(
  { file, env }: SecretPlace,
  what: string,
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  if (file === undefined && env === undefined) return undefined
  let text: string | undefined
  try {
    text = file === undefined ? environment[env!] : readFileSync(file, 'utf8')
  } catch (error) {
    throw new Error(`${what}: ${file} cannot be read (${(error as NodeJS.ErrnoException).code})`)
  }
  const secret = text?.trim() ?? ''
  if (secret === '') throw new Error(`${what}: ${file ?? `the variable ${env}`} holds nothing`)
  return secret
}

/**
 * The sources with their secrets, read once.
 * @throws Error with all that cannot be read, never with a secret
 */
export function readPushSources(
  configs: readonly PushSourceConfig[],
  environment: Readonly<Record<string, string | undefined>>,
): PushSource[] {
  const faults: string[] = []
  const read = (place: SecretPlace, what: string): string | undefined => {
    try {
      return secretOf(place, what, environment)
    } catch (error) {
      faults.push((error as Error).message)
      return undefined
    }
  }
  const sources = configs.map((config, i): PushSource => {
    const at = `edges.http.sources.${i} (${config.id})`
    const { token_file, token_env, signature } = config
    const token = read({ file: token_file, env: token_env }, `${at}.token`)
    const secret =
      signature && read({ file: signature.secret_file, env: signature.secret_env }, `${at}.signature`)
    return {
      config,
      ...(token !== undefined && { token: digest(token) }),
      ...(signature &&
        secret !== undefined && { signature: { config: signature, secret: Buffer.from(secret) } }),
    }
  })
  const ids = configs.map(({ id }) => id)
  for (const id of new Set(ids.filter((id, i) => ids.indexOf(id) !== i)))
    faults.push(`edges.http.sources: ${id} is there twice: choose another id`)
  if (faults.length > 0) throw new Error(faults.join('; '))
  return sources
}

/** The token of a request: `Authorization: Bearer`, or the password of `Basic`, for those who can do no better. */
export function tokenOf(headers: IncomingHttpHeaders): string | undefined {
  const [, scheme = '', value = ''] = /^(Bearer|Basic) +(\S+)$/i.exec(headers.authorization ?? '') ?? []
  if (scheme.toLowerCase() === 'bearer') return value
  if (scheme === '') return undefined
  const text = Buffer.from(value, 'base64').toString('utf8')
  return text.slice(text.indexOf(':') + 1)
}

/** The source whose token this is. All are looked at, so that the time tells nothing. */
export function sourceOfToken(sources: readonly PushSource[], token: string): PushSource | undefined {
  const hash = digest(token)
  let found: PushSource | undefined
  for (const source of sources) if (source.token && timingSafeEqual(source.token, hash)) found = source
  return found
}

/** Whether a request bears a signature of a source's kind: what has none is refused before its body is read. */
export function mayBeSigned({ signature }: PushSource, headers: IncomingHttpHeaders): boolean {
  if (signature === undefined) return false
  const { kind, header } = signature.config
  if (kind === 'meraki') return true
  if (kind === 'mist') return 'x-mist-signature-v2' in headers || 'x-mist-signature' in headers
  return header.toLowerCase() in headers
}

/** Whether the signature over the body is right. */
export function isSigned({ signature }: PushSource, headers: IncomingHttpHeaders, body: Buffer): boolean {
  if (signature === undefined) return false
  const { config, secret } = signature
  const hmac = (algorithm: string, encoding: 'hex' | 'base64'): string =>
    createHmac(algorithm, secret).update(body).digest(encoding)
  const told = (name: string): string => String(headers[name.toLowerCase()] ?? '')
  if (config.kind === 'meraki') return same(sharedSecretOf(body), secret)
  if (config.kind === 'mist') {
    const newer = told('x-mist-signature-v2')
    return newer !== ''
      ? same(newer, hmac('sha256', 'hex'))
      : same(told('x-mist-signature'), hmac('sha1', 'hex'))
  }
  const value = told(config.header)
  if (!value.startsWith(config.prefix)) return false
  const signed = value.slice(config.prefix.length)
  const right = hmac(config.algorithm, config.encoding)
  return same(config.encoding === 'hex' ? signed.toLowerCase() : signed, right)
}

/** Meraki's webhooks carry the shared secret in the body: `{ "sharedSecret": "…", … }`. */
function sharedSecretOf(body: Buffer): string {
  try {
    const { sharedSecret } = JSON.parse(body.toString('utf8')) as { sharedSecret?: unknown }
    return typeof sharedSecret === 'string' ? sharedSecret : ''
  } catch {
    return ''
  }
}
