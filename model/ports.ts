import type { EdgePayload } from './edge_payload.js'
import type { EdgeRecord } from './edge_record.js'
import type { Finding, FindingAction, FindingMark } from './finding.js'
import type { Frame } from './frame.js'
import type { JoinedPayload } from './joined_record.js'
import type { EdgeRejectCode, Reject } from './reject.js'

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
  /** Length of the frame, bytes. */
  readonly size: number
  readonly redelivered: boolean
  /** The frame, in frame memory that is the taker's own from now on. It can be taken once. */
  take(): Uint8Array<ArrayBuffer>
  ack(): void
  /** Acknowledges; resolves when the stream has noted it, rejects when it does not answer. */
  ackConfirmed(): Promise<void>
  /** Asks for more time before redelivery. */
  working(): void
  /** Gives the frame back, to be delivered again after `delayMs`. */
  retry(delayMs: number): void
}

/** Memory that frames are read into and sent between threads with, used again and again. */
export interface FrameMemory {
  /** Memory of at least so many bytes, with whatever it held before. */
  take(bytes: number): ArrayBuffer
  /** Gives memory back, once nobody looks at it any more. */
  give(memory: ArrayBuffer): void
}

/** Frames for one processor out of the many that share them. */
export interface FrameInput {
  /** Frames in the order of delivery, each held for this process until it is acknowledged. Not taking the next is back-pressure. */
  frames(): AsyncIterableIterator<DeliveredFrame>
  /** Ends `frames()`. */
  close(): void
  /** A frame by sequence; undefined when it was acknowledged and trimmed. */
  fetch(sequence: number): Promise<Uint8Array | undefined>
  /** The highest sequence up to which all frames are acknowledged. */
  ackFloor(): Promise<number>
}

/** Takes the partial aggregates of frames. */
export interface PartialSink {
  /**
   * Resolves when all are durable. Every frame has one for each shard of detection, in the order of the shards; a frame that
   * does not read gives none, and every shard is told so by one without bytes.
   */
  publish(frameSequence: number, partials: readonly Uint8Array[]): Promise<void>
}

export interface JournalEntry {
  readonly sequence: number
  readonly bytes: Uint8Array
}

/** A durable list of small entries that several processes append to. */
export interface Journal {
  /** All entries behind a sequence, in order, and the sequence of the newest there ever was (0: none). */
  read(after: number): Promise<{ readonly last: number; readonly entries: readonly JournalEntry[] }>
  /**
   * Appends an entry and gives its sequence. With `after`, only if that is the sequence of the newest entry; undefined when
   * it is not.
   */
  append(bytes: Uint8Array, after?: number): Promise<number | undefined>
  /** Takes away all entries below a sequence. */
  trim(below: number): Promise<void>
}

/** Tells processes that live from those that died. */
export interface Presence {
  /** Answers for `id` until the process ends. */
  announce(id: string): void
  /** False only when nobody answers for `id`; a process that is slow to answer lives. */
  isAlive(id: string): Promise<boolean>
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
  /** @param id the same reject kept twice under it is one letter (within the stream's window of duplicates) */
  keep(reject: Reject, id?: string): Promise<void>
}

/**
 * Insert into the store under a token: the same token twice leaves the rows once. Resolves when the rows are durable; rejects
 * with a `RefusedError` when they never will be.
 */
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

/** Takes raw payloads of SD-WAN edges to their stream. */
export interface EdgePayloadSink {
  /**
   * Resolves when the payload is durable. The same `id` twice is one payload (within the stream's window of duplicates): a
   * poller that asks again after a stop gives the id it gave before.
   */
  publish(payload: EdgePayload, id?: string): Promise<void>
}

/** A payload as it came from the stream; without one, a tick of the stream's clock. */
export interface DeliveredPayload {
  readonly sequence: number
  /** When the stream took it, ms since 1970: the clock of all that is made from payloads. */
  readonly storedMs: number
  readonly payload?: EdgePayload
}

/** What a payload says: canonical records, and what of it was not read. */
export interface EdgeReading {
  /** The adapter that read it. */
  readonly vendor?: string
  readonly records: readonly EdgeRecord[]
  readonly rejects: readonly {
    readonly code: EdgeRejectCode
    readonly place: string
    readonly message: string
  }[]
  /** Set where one observation comes apart over payloads, and for how long parts are waited for, ms. */
  readonly mergeMs?: number
  /** Set where the vendor stops telling of a dead tunnel: silence of so many ms is a state. */
  readonly absenceMs?: number
}

/** Reads payloads of any vendor. */
export interface EdgeReader {
  /** Never throws on account of the payload. */
  read(payload: EdgePayload): EdgeReading
  /** A record that was put together from parts, with what follows from all of them. */
  finish(record: EdgeRecord): EdgeRecord
}

/** Payloads of edges for the one processor that reads them. */
export interface EdgeInput {
  /** The newest sequence there is (0: none), and when the stream was made: sequences of another one are others. */
  extent(): Promise<{ readonly last: number; readonly created: string }>
  /** In the order of the stream, from a sequence on, without end; not taking the next is back-pressure. */
  payloads(from: number): AsyncIterableIterator<DeliveredPayload>
  /** Ends `payloads`. */
  close(): void
  /** Puts a tick into the stream, so that time goes on in it while nothing comes. */
  tick(nowMs: number): Promise<void>
  /** Takes payloads out of the stream that its history does not hold. @param stored all up to this one may go */
  trim(stored: number): Promise<void>
}

/** Takes the joined records of edges to those who judge them. */
export interface SampleSink {
  /** Resolves when all are durable. Payloads come in the order of their sequences; after a restart some come again. */
  publish(payloads: readonly JoinedPayload[]): Promise<void>
}

/** The joined records of edges, in the order of their payloads. */
export interface SampleSource {
  /**
   * From a position on (1: the oldest there is), without end; `stop` ends it. Payloads come in the order of `sequence`
   * and `part`; one that is not above the last applied came before, and is passed over.
   */
  read(from: number): Promise<{ samples: AsyncIterableIterator<DeliveredSamples>; stop(): void }>
}

export interface DeliveredSamples {
  /** Where to go on reading after a restart: at this position, which may hold payloads that were applied. */
  readonly streamSequence: number
  readonly payloads: readonly JoinedPayload[]
}

/** The word on one incident that waits for a target, held for this process until it is acknowledged. */
export interface OutboxMessage {
  readonly incident: string
  readonly bytes: Uint8Array
  /** It was given to a process before, which may have told it. */
  readonly redelivered: boolean
  ack(): void
  /** Asks for more time before redelivery. */
  working(): void
  /** Gives it back at once. */
  release(): void
}

/** What waits for the ITSM targets: per target and incident the newest word only, so that a long wait costs no more than a short one. */
export interface OutboxQueue {
  /** Resolves when it is durable; takes the place of what waits for the same target and incident. */
  publish(target: string, incident: string, bytes: Uint8Array): Promise<void>
  /** What waits for one target, oldest first, without end; `stop` ends it. */
  consume(target: string): Promise<{ messages: AsyncIterableIterator<OutboxMessage>; stop(): void }>
  /** How many incidents wait for a target. */
  waiting(target: string): Promise<number>
  /** Takes away what waits for targets that are none any more; gives their names. */
  keepOnly(targets: readonly string[]): Promise<readonly string[]>
}

/** The state of a component as it was saved, and the sequence at which its journal goes on. */
export interface SavedSnapshot {
  readonly snapshot: Uint8Array
  readonly resumeAt: number
}

/** Keeps one snapshot, whole or not at all. */
export interface SnapshotKeeper {
  load(): Promise<SavedSnapshot | undefined>
  save(saved: SavedSnapshot): Promise<void>
}

export interface FindingSink {
  publish(findings: readonly Finding[]): Promise<void>
}

/**
 * What people say of findings, on its way back to detection. An incident that is closed as a false positive gives a mark for
 * each of its findings; so does `vigie findings mark`.
 */
export interface FindingFeedback {
  /** Resolves when the marks are durable. The newest mark of a finding holds; giving one twice changes nothing. */
  give(marks: readonly FindingMark[]): Promise<void>
  /** Writes down what else somebody did about a finding. */
  note(action: FindingAction): Promise<void>
  /**
   * Calls `listener` with the marks behind a sequence (0: all that there are), oldest first, then with each new one; gives
   * what ends it. Several of one finding may come, of which the last holds.
   */
  watch(listener: (mark: FindingMark, sequence: number) => void, after?: number): Promise<() => void>
}

export type { Frame }
