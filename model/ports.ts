import type { Finding } from './finding.js'
import type { Frame } from './frame.js'
import type { Reject } from './reject.js'

/**
 * The seams between components. A component takes the ports it needs as one typed `deps` object and never imports its
 * neighbours; `app/` makes the real ones and hands them over.
 */

export interface Logger {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** The wall clock, read at the edge only. */
export interface Clock {
  nowMs(): number
}

export interface Component {
  start(): Promise<void>
  /** Finishes what is in hand, then lets go of everything. Safe to call twice. */
  stop(): Promise<void>
}

/** Takes frames to the stream; keeps them on disk while the stream is away. */
export interface FrameSink {
  /** Resolves when the frame is durable: in the stream, or in the spool. Rejects only when the spool is full. */
  publish(frame: Uint8Array, id: { collector: string; number: number }): Promise<void>
}

/** A frame as it came from the stream. */
export interface DeliveredFrame {
  /** Sequence in the stream; gives the order of application in detection. */
  readonly sequence: number
  readonly bytes: Uint8Array
  readonly redelivered: boolean
  ack(): void
  /** Asks for more time before redelivery. */
  working(): void
}

/** A small durable map (NATS KV). */
export interface StateStore {
  get(key: string): Promise<Uint8Array | undefined>
  put(key: string, value: Uint8Array): Promise<void>
  delete(key: string): Promise<void>
  keys(prefix: string): Promise<string[]>
}

/** Where rejects are kept with their bytes. */
export interface DeadLetters {
  keep(reject: Reject): Promise<void>
}

/** Insert into the store under a token: the same token twice leaves the rows once. Resolves when the rows are durable. */
export interface BlockStore {
  insert(request: {
    table: string
    /** Makes the insert idempotent. */
    token: string
    /** Native blocks, one after the other. */
    blocks: readonly Uint8Array[]
    rows: number
  }): Promise<void>
}

export interface FindingSink {
  publish(findings: readonly Finding[]): Promise<void>
}

export type { Frame }
