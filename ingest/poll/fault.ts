/**
 * Why a page did not come. The list is closed: codes are metric labels.
 *
 * `later`: the same request may do better in a while. `never`: it will not, until somebody changes something.
 */
export const POLL_FAULTS = {
  /** No connection, or it was cut. */
  unreachable: 'later',
  /** No whole answer in the time allowed. */
  slow: 'later',
  /** The certificate is not trusted. */
  tls: 'never',
  /** The answer is larger than the bound. */
  too_large: 'never',
  /** 429, or the vendor's own word for it. */
  throttled: 'later',
  /** 5xx. */
  server_error: 'later',
  /** Credentials are missing, or refused. */
  login: 'never',
  /** 4xx. */
  refused: 'never',
  /** 404 or 410: what was asked for is not there (any more). */
  gone: 'never',
  /** No answer of this vendor's form. */
  unreadable: 'later',
  /** The controller gave the same page again and again, or sent in a circle. */
  repeated: 'later',
  /** The controller lost its place in a list that can only be read onward. */
  place_lost: 'later',
  /** The controller's clock says that the interval is not over yet. */
  too_early: 'later',
  /** The stream or the state store did not take it. */
  not_kept: 'later',
} as const
export type PollFaultCode = keyof typeof POLL_FAULTS

/** What went wrong with a request. The message names what, where and what to do, and holds neither queries, headers nor bodies. */
export class PollFault extends Error {
  override readonly name = 'PollFault'
  readonly code: PollFaultCode
  /** How long the controller asked to wait, ms. */
  readonly waitMs: number | undefined

  constructor(code: PollFaultCode, message: string, waitMs?: number) {
    super(message)
    this.code = code
    this.waitMs = waitMs
  }
}

/** Anything thrown, as a fault. */
export function faultOf(error: unknown): PollFault {
  if (error instanceof PollFault) return error
  return new PollFault('unreadable', error instanceof Error ? error.message : 'unknown error')
}
