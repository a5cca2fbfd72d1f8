import { request } from 'node:http'
import { Agent, type AgentOptions } from 'node:https'
import type { Duplex } from 'node:stream'
import { connect as connectTls } from 'node:tls'

export interface ProxyConfig {
  /** `http://proxy.example.org:3128` */
  readonly url: string
  /** Header `Proxy-Authorization`; undefined: none. */
  authorization(): string | undefined
}

type Connected = (error: Error | null, socket: Duplex) => void
interface Destination {
  readonly host?: string | null
  readonly port?: number | string | null
  readonly servername?: string
}

/**
 * Connections through the proxy of the house (CONNECT, RFC 9110 section 9.3.6): what goes through the tunnel is encrypted up
 * to the target, so the proxy sees its name and nothing else.
 */
export class TunnelAgent extends Agent {
  readonly #proxy: ProxyConfig
  readonly #timeoutMs: number
  readonly #ca: Buffer | undefined

  constructor(options: AgentOptions, proxy: ProxyConfig, timeoutMs: number, ca?: Buffer) {
    super(options)
    this.#proxy = proxy
    this.#timeoutMs = timeoutMs
    this.#ca = ca
  }

  override createConnection(to: Destination, done?: Connected): undefined {
    const failed = done as ((error: Error) => void) | undefined
    const proxy = new URL(this.#proxy.url)
    const authority = `${to.host}:${to.port ?? 443}`
    const authorization = this.#proxy.authorization()
    const asked = request({
      host: proxy.hostname.replace(/^\[|\]$/g, ''),
      port: proxy.port || 80,
      method: 'CONNECT',
      path: authority,
      agent: false,
      timeout: this.#timeoutMs,
      headers: {
        host: authority,
        ...(authorization === undefined ? {} : { 'proxy-authorization': authorization }),
      },
    })
    asked.once('timeout', () => asked.destroy(new Error(`proxy ${proxy.host} did not answer`)))
    asked.once('error', (error) => failed?.(error))
    asked.once('connect', ({ statusCode }, socket) => {
      if (statusCode === 200) {
        const servername = to.servername ?? to.host ?? ''
        done?.(null, connectTls({ socket, servername, ...(this.#ca === undefined ? {} : { ca: this.#ca }) }))
        return
      }
      socket.destroy()
      failed?.(new Error(`proxy ${proxy.host} answered ${statusCode} to a tunnel to ${authority}`))
    })
    asked.end()
    return undefined
  }
}
