import { z } from 'zod'
import { secret, UnauthorisedError } from '../../target.js'
import type { Answer } from './answer.js'
import type { HttpCall, HttpClient } from './http_client.js'

/**
 * A token that is fetched when there is none, and once again when the target takes it no longer. Several requests at once
 * wait for the same fetch.
 */
export class RenewableToken {
  readonly #fetch: (signal: AbortSignal) => Promise<string>
  #token: Promise<string> | undefined

  constructor(fetch: (signal: AbortSignal) => Promise<string>) {
    this.#fetch = fetch
  }

  /** Runs a request with the token; when `expired` says so of its answer, with a new one, once. */
  async use(
    signal: AbortSignal,
    run: (token: string) => Promise<Answer>,
    expired: (answer: Answer) => boolean = ({ status }) => status === 401,
  ): Promise<Answer> {
    const held = this.#get(signal)
    const answer = await run(await held)
    if (!expired(answer)) return answer
    if (this.#token === held) this.#token = undefined
    return run(await this.#get(signal))
  }

  forget(): void {
    this.#token = undefined
  }

  #get(signal: AbortSignal): Promise<string> {
    if (this.#token === undefined) {
      const fetched = this.#fetch(signal)
      this.#token = fetched
      fetched.catch(() => {
        if (this.#token === fetched) this.#token = undefined
      })
    }
    return this.#token
  }
}

/** How a target is told who asks. */
export const authSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('none') }),
  z.strictObject({ type: z.literal('basic'), user: z.string().min(1), password: secret() }),
  z.strictObject({ type: z.literal('bearer'), token: secret() }),
  /** OAuth 2.0 (RFC 6749): client credentials, or with `user` and `password` the resource owner's. */
  z.strictObject({
    type: z.literal('oauth2'),
    /** Path below `url` that gives tokens. */
    token_path: z.string().startsWith('/'),
    client_id: z.string().min(1),
    client_secret: secret(),
    scope: z.string().optional(),
    user: z.string().optional(),
    password: secret().optional(),
  }),
])
export type AuthConfig = z.infer<typeof authSchema>

const tokenAnswer = z.object({ access_token: z.string().min(1) })

/** Puts credentials on requests; renews an OAuth token that the target takes no longer. */
export class Authorised {
  readonly #http: HttpClient
  readonly #auth: AuthConfig
  readonly #token = new RenewableToken((signal) => this.#fetchToken(signal))

  constructor(http: HttpClient, auth: AuthConfig) {
    this.#http = http
    this.#auth = auth
  }

  call(call: HttpCall, signal: AbortSignal): Promise<Answer> {
    const as = (authorization?: string): Promise<Answer> =>
      this.#http.call(
        authorization === undefined ? call : { ...call, headers: { authorization, ...call.headers } },
        signal,
      )
    const auth = this.#auth
    if (auth.type === 'none') return as()
    if (auth.type === 'bearer') return as(`Bearer ${this.#http.secret(auth.token)}`)
    if (auth.type === 'oauth2') return this.#token.use(signal, (token) => as(`Bearer ${token}`))
    return as(basic(this.#http, auth.user, auth.password))
  }

  async expect(call: HttpCall, signal: AbortSignal): Promise<Answer> {
    const answer = await this.call(call, signal)
    if (!answer.ok) throw answer.failure()
    return answer
  }

  async #fetchToken(signal: AbortSignal): Promise<string> {
    const auth = this.#auth
    if (auth.type !== 'oauth2') throw new UnauthorisedError('no token to fetch')
    const form: Record<string, string> = {
      grant_type: auth.user === undefined ? 'client_credentials' : 'password',
      client_id: auth.client_id,
      client_secret: this.#http.secret(auth.client_secret),
      ...(auth.scope === undefined ? {} : { scope: auth.scope }),
      ...(auth.user === undefined ? {} : { username: auth.user }),
      ...(auth.password === undefined ? {} : { password: this.#http.secret(auth.password) }),
    }
    const answer = await this.#http.call({ method: 'POST', path: auth.token_path, form }, signal)
    // RFC 6749 section 5.2 says 400 to credentials that are not right.
    if (answer.status === 400) throw new UnauthorisedError(answer.failure().message, { status: 400 })
    if (!answer.ok) throw answer.failure()
    return this.#http.conceal(answer.json(tokenAnswer).access_token)
  }
}

/** The header of basic authentication (RFC 7617). */
export function basic(http: HttpClient, user: string, password: string): string {
  return `Basic ${http.conceal(Buffer.from(`${user}:${http.secret(password)}`).toString('base64'))}`
}
