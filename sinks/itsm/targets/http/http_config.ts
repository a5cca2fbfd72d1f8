import { z } from 'zod'
import { secret } from '../../target.js'

const LOCAL = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/

/** Whether credentials and tickets would go over the network for all to read. */
export const isPlain = (url: string): boolean => {
  if (!URL.canParse(url)) return false
  const { protocol, hostname } = new URL(url)
  return protocol === 'http:' && !LOCAL.test(hostname)
}

/** Keys that every target with an HTTP interface has. */
export const HTTP_KEYS = {
  /** Address of the installation, as in a browser: `https://rt.example.org`, with its path where it has one. */
  url: z.url({ protocol: /^https?$/, error: 'must be an address that begins with https://' }),
  /** Lets tickets and credentials go unencrypted to a host that is not this one. */
  plain_http: z.boolean().default(false),
  /** Longest time for one request, its answer read. */
  timeout_ms: z.number().int().min(100).max(120_000).default(15_000),
  /** Longest answer that is read. */
  answer_bytes_max: z
    .number()
    .int()
    .min(1024)
    .default(4 * 1024 * 1024),
  /** PEM file of the authority that signed the target's certificate, where the system does not know it. */
  ca_file: z.string().optional(),
  /** Proxy of the house through which an encrypted target is reached. */
  proxy: z
    .strictObject({
      url: z.url({ protocol: /^http$/, error: 'must be an address like http://proxy.example.org:3128' }),
      user: z.string().min(1).optional(),
      password: secret().optional(),
    })
    .optional(),
} as const

export interface HttpConfig {
  readonly url: string
  readonly timeout_ms: number
  readonly answer_bytes_max: number
  readonly ca_file?: string | undefined
  readonly proxy?:
    | { readonly url: string; readonly user?: string | undefined; readonly password?: string | undefined }
    | undefined
}

/** Refuses an address without encryption unless it is said to be meant. */
export const encrypted = {
  check: (config: { url: string; plain_http: boolean }): boolean => config.plain_http || !isPlain(config.url),
  say: { path: ['url'], message: 'is not encrypted: use https://, or set plain_http: true to accept that' },
}
