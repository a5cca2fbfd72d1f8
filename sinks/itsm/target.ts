import type { Registry } from 'prom-client'
import { z } from 'zod'
import type { Bilingual } from '../../model/finding.js'
import type { Incident, RemoteEvent, RemoteTicket, Transition, TransitionKind } from '../../model/incident.js'
import type { Clock, Logger } from '../../model/ports.js'

/**
 * The shape of a target: one file in `targets/`, one line in `targets/index.ts`. A target turns one delivery into one or
 * more requests and says how it went; it keeps no state that must survive, knows no queue and never retries: order, pace,
 * retries, coalescing and dead letters are the outbox's.
 *
 * ```
 *  lifecycle ──transitions──▶ outbox ──deliver()──▶ target ──HTTP, SMTP──▶ ITSM
 *      ▲                                                                    │
 *      └──────────── RemoteEvent ◀── poll() · receive() ◀───────────────────┘
 * ```
 */

/** Marks a key of a configuration as a secret. */
const SECRET = 'vigie_secret'

/**
 * A secret in a target's configuration is never written there: `env:RT_TOKEN` names a variable, `file:/run/secrets/rt` a
 * file (its last line break is left out). `TargetDeps.secret` reads it when it is used, so that a rotated one takes effect;
 * what it read is struck out of logs, errors and dead letters.
 */
export const secret = () =>
  z
    .string()
    .regex(
      /^(env:[A-Za-z_]\w*|file:.+)$/,
      'a secret is not written here: env:NAME or file:PATH says where it is',
    )
    .meta({ [SECRET]: true })

/** The ways a target is able to say something. */
export interface TargetCapabilities {
  /** Kinds it has words for; all others are given to it as `update`. `open`, `update` and `resolve` are always given. */
  readonly kinds: readonly TransitionKind[]
  /** Has problem records of its own; without it problems are told as incidents. */
  readonly problems: boolean
  /** `receipt`: `deliver` gives the target's own id, kept and handed back in `Delivery.remote`. `key`: it goes by our uid alone. */
  readonly identity: 'receipt' | 'key'
  readonly wayBack: 'none' | 'poll' | 'receive' | 'both'
}

/** The words of a ticket, made by Vigie in the organisation's language; French typography. */
export interface TicketText {
  readonly lang: 'fr' | 'en'
  /** One line, no address of a host. */
  readonly title: string
  /** Plain text, line breaks `\n`: what, where, since when, evidence, links. The whole ticket as it stands. */
  readonly body: string
  /** Plain text: what this delivery adds, for targets that append comments. */
  readonly note: string
  /** Where the analyst looks: the dashboard with organisation, site and time set; absent when no address is configured. */
  readonly dashboardUrl?: string
  /** SQL that gives the evidence, for `vigie sql`. */
  readonly query: string
}

/** One thing to tell a target. */
export interface Delivery {
  /**
   * The kind to tell: of the transitions that wait it is what brings the ticket to where the incident is. `open` comes first
   * for a target that has not the incident yet.
   */
  readonly kind: TransitionKind
  /** Newest transition that this delivery tells; older ones that waited are told with it (their notes are in `text.note`). */
  readonly transition: Transition
  /** The incident as it stands. `incident.uid` is the correlation key; `incident.test` must show in the ticket. */
  readonly incident: Incident
  readonly text: TicketText
  /** The same over all attempts at this delivery: a message id for targets that drop duplicates by one. */
  readonly idempotencyKey: string
  /** From 1. */
  readonly attempt: number
  /** What an earlier delivery of this incident gave. */
  readonly remote?: RemoteTicket
  /** The process died or an answer was lost while this was being told: look before you create. */
  readonly mayExist: boolean
}

export interface DeliveryContext {
  /** Aborts when the delivery takes too long or the role stops. Every request must carry it. */
  readonly signal: AbortSignal
}

/** How a delivery went well. */
export interface DeliveryReceipt extends RemoteTicket {
  /** `existing`: it was there already, found by its key. */
  readonly outcome: 'created' | 'existing' | 'updated' | 'unchanged'
}

/** A page of what changed at the target. */
export interface PollResult {
  readonly events: readonly RemoteEvent[]
  /** Handed to the next poll; kept over restarts. */
  readonly cursor: string
}

/** A ticket that is not closed yet. */
export interface OpenTicket {
  readonly incident: string
  readonly remote: RemoteTicket
}

/** A call of the target to us: headers in lower case. */
export interface ReceivedCall {
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly query: Readonly<Record<string, string | undefined>>
  readonly body: Uint8Array
}

export interface ReceiveResult {
  /** HTTP status to answer: 2xx, 400 what does not read, 401 a signature that is not right. */
  readonly status: number
  readonly events: readonly RemoteEvent[]
}

export interface TargetDeps {
  /** Value of a secret of the configuration. @throws UnauthorisedError when it is not there, naming where it was looked for */
  secret(reference: string): string
  readonly logger: Logger
  readonly metrics: Registry
  readonly clock: Clock
}

/** A target at work. */
export interface Target {
  /**
   * Tells one thing. Idempotent by `incident.uid`: telling it twice leaves one ticket in the right state. Resolves only when
   * the target has it.
   *
   * @throws RetryableError · RefusedError · UnauthorisedError; anything else thrown counts as retryable
   */
  deliver(delivery: Delivery, context: DeliveryContext): Promise<DeliveryReceipt>
  /** What changed at the target since `cursor` (undefined: the first poll). `open` are the tickets Vigie still follows. */
  poll?(
    cursor: string | undefined,
    open: readonly OpenTicket[],
    context: DeliveryContext,
  ): Promise<PollResult>
  /** Reads a call after it has checked its signature. */
  receive?(call: ReceivedCall): Promise<ReceiveResult>
  /** Says in one sentence whether address and credentials work, without creating anything. @throws as `deliver` */
  check?(context: DeliveryContext): Promise<Bilingual>
  /** Lets go of connections. */
  stop?(): Promise<void>
}

/** What a file in `targets/` exports. */
export interface TargetKind<C = unknown> {
  /** `servicenow_event`, `rt` …; the `type` of a target's configuration. */
  readonly id: string
  readonly title: Bilingual
  /** Its own keys, without `type` and those of the outbox. Strict, with docstrings; secrets by `secret()`. */
  readonly config: z.ZodType<C>
  readonly capabilities: TargetCapabilities
  /** Inert: connects at the first delivery. */
  create(config: C, deps: TargetDeps): Target
}

/** May succeed later: no answer, 408, 425, 429, 5xx. Given again with backoff. */
export class RetryableError extends Error {
  override readonly name = 'RetryableError'
  /** The target asked for at least so much patience (Retry-After). */
  readonly retryAfterMs: number | undefined
  readonly status: number | undefined

  constructor(message: string, options: { retryAfterMs?: number; status?: number; cause?: unknown } = {}) {
    super(message, { cause: options.cause })
    this.retryAfterMs = options.retryAfterMs
    this.status = options.status
  }
}

/** Will never succeed as it is: a field that is not allowed, a queue that does not exist. Goes to the dead letters. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError'
  readonly status: number | undefined

  constructor(message: string, options: { status?: number; cause?: unknown } = {}) {
    super(message, { cause: options.cause })
    this.status = options.status
  }
}

/** The credentials do not work (any more): 401, 403. Holds the whole target back, loses nothing, and is told to people. */
export class UnauthorisedError extends Error {
  override readonly name = 'UnauthorisedError'
  readonly status: number | undefined

  constructor(message: string, options: { status?: number; cause?: unknown } = {}) {
    super(message, { cause: options.cause })
    this.status = options.status
  }
}

/** Any kind of target, its configuration unknown. */
export type AnyTargetKind = TargetKind<unknown>
