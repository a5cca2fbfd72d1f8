import type { Answer } from './answer.js'

/** A request to a controller, without what says who asks. */
export interface PollRequest {
  /** Names it among the requests of its round, the same in every round: a device, a network, or the report. */
  readonly key: string
  readonly method?: 'GET' | 'POST'
  /** Below the poller's `url`, or a whole URL on one of the vendor's hosts. */
  readonly path: string
  readonly query?: Readonly<Record<string, string | number | readonly string[] | undefined>>
  /** A JSON body. */
  readonly json?: unknown
  /** A form body. */
  readonly form?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  /** The device that it is about, where the answer does not say. */
  readonly device?: string
}

/** What is asked for at one time: an interval that is over, its end not included; or an instant (`fromMs` = `toMs`). */
export interface Round {
  readonly fromMs: number
  readonly toMs: number
}

/** What says who asks, until it expires. */
export interface Session {
  readonly headers: Readonly<Record<string, string>>
  /** Added to every query. */
  readonly query?: Readonly<Record<string, string>>
  /** Added to every JSON body that is an object. */
  readonly json?: Readonly<Record<string, unknown>>
  /** Life of the session, s; it is renewed a little before. Left out: until the controller says so. */
  readonly expiresInS?: number
}

/** Asks once, with all patience of the engine: retries, rate limits, renewal of the session. */
export type Ask = (request: PollRequest) => Promise<Answer>

export type OptionValue = string | readonly string[]

export interface VendorContext {
  readonly credentials: Readonly<Record<string, string>>
  readonly options: Readonly<Record<string, OptionValue>>
}

/** An option of the vendor as one text; the schema made sure that it is there where it must be. */
export const optionOf = ({ options }: VendorContext, name: string): string => String(options[name] ?? '')

/** An option as a list. */
export function listOption({ options }: VendorContext, name: string): readonly string[] {
  const value = options[name]
  return value === undefined ? [] : typeof value === 'string' ? [value] : value
}

/** A part of an answer that is a payload of its own. */
export interface PayloadPart {
  readonly bytes: Uint8Array
  readonly device?: string
  /** Names it among the parts of its page. */
  readonly key: string
}

/** One report of a vendor: what is asked for at its own pace, with a cursor of its own. */
export interface Feed {
  /** In metrics, in ids and in the configuration. */
  readonly id: string
  readonly everyS: number
  /**
   * Set where the controller keeps a history: each interval of `everyS` is asked for once, when it has been over for `lagS`;
   * after a stop all that were missed are, up to `lookbackS` back. Without it the present state is asked for.
   */
  readonly history?: { readonly lagS: number; readonly lookbackS: number }
  /** Only where the configuration names it. */
  readonly optional?: true
  /**
   * `again`: any page may be asked for again. `onward`: asking gives the next page, so an answer that was lost means to begin
   * again at the first.
   */
  readonly pages?: 'again' | 'onward'
  requests(
    round: Round,
    context: VendorContext,
    ask: Ask,
  ): readonly PollRequest[] | Promise<readonly PollRequest[]>
  /** The request for the page after `answer`; undefined where it is the last. */
  next?(answer: Answer, request: PollRequest): PollRequest | undefined
  /** Rows of a page: without any it is not kept; equal ones tell a page that was repeated. */
  rows?(answer: Answer): readonly unknown[]
  /** Payloads of a page, where it is not one. */
  parts?(answer: Answer): readonly PayloadPart[]
}

/** What an answer with status 200 may still mean. */
export type Verdict = 'expired' | 'throttled' | 'server_error' | 'refused'

/** A kind of controller: one file of this shape, and a line in the index. */
export interface PollVendor {
  /** In the configuration. */
  readonly id: string
  /** The adapter that reads its answers (`vigie vendors`). */
  readonly adapter: string
  /** Fields of the credentials; any one of the lists. */
  readonly credentials: readonly (readonly string[])[]
  readonly options: Readonly<Record<string, { readonly required?: true; readonly help: string }>>
  /** What the vendor allows, or what is kind to it. */
  readonly requestsPerS: number
  readonly requestsAtOnce: number
  readonly feeds: readonly Feed[]
  login(context: VendorContext, ask: Ask): Session | Promise<Session>
  /** Where the status does not tell. */
  verdict?(answer: Answer): Verdict | undefined
  /** Other hosts of the vendor's that a request may be sent on to. */
  hosts?: RegExp
  /** The contract that the file was written from. */
  readonly documentation: string
}
