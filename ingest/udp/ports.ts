import type { CollectorTotals, ExporterNote } from '../../model/frame.js'
import type { RejectCode } from '../../model/reject.js'

/** What a look at a datagram found; overwritten by the next look. */
export interface LookResult {
  /** Why nothing in it can ever be used: it is not framed. */
  readonly reject: RejectCode | undefined
  /** A code of `EXPORT_PROTOCOLS`. */
  readonly protocol: number
  /** Observation domain, source id, engine, or sub-agent. */
  readonly domain: number
  /** -1 where the protocol has none. */
  readonly sequence: number
  /** By how much the next datagram's sequence is higher; -1 when it cannot be known. */
  readonly units: number
  /** The exporter's clock, ms since 1970; 0 where the header tells none. */
  readonly exportMs: number
  /** A data set's template is not known. */
  readonly missing: boolean
  /** A template came that was not known. */
  readonly learned: boolean
  /** What `snapshotExporter` gives is no longer what it was. */
  readonly changed: boolean
  /** The open frame already means something else by one of the templates: close it, then look again. */
  readonly redefines: boolean
}

/** The collector's fast look at datagrams (`FlowLearner` of `ingest/flow`). */
export interface Learner {
  /**
   * @param exporter 16 bytes
   * @param last the datagram is framed even if a template is missing: its wait is over
   * @param session the exporter's port where it came over a connection, whose templates are its own; else 0
   */
  learn(
    exporter: Uint8Array,
    datagram: Uint8Array,
    receivedMs: number,
    last?: boolean,
    session?: number,
  ): LookResult
  /** True when the open frame holds messages of an earlier session of that port: close it first. */
  beginSession(exporter: Uint8Array, session: number): boolean
  endSession(exporter: Uint8Array, session: number): void
  /** The sampling rate that the configuration gives an exporter; 0: none. */
  configure(exporter: Uint8Array, samplingRate: number): void
  /** The context of the datagrams looked at since the last call, for the frame that holds them. */
  takeContext(): Uint8Array
  snapshotExporter(exporter: Uint8Array): Uint8Array
  /** Adds a snapshot to what is known; throws when the bytes are none. */
  restore(snapshot: Uint8Array): void
  templatesOf(exporter: Uint8Array): number
  readonly size: { readonly exporters: number; readonly templates: number; readonly bytes: number }
  readonly evicted: { readonly templates: number; readonly domains: number; readonly exporters: number }
}

/** What becomes of connections. `port` is the exporter's: with its address it names the session. */
export interface MessageHandlers {
  /** False when the address may not send. */
  admits(address: string): boolean
  begin(address: string, port: number): void
  message(address: string, port: number, message: Uint8Array): void
  /** What stands where a message should begin; nothing more comes of the connection. */
  invalid(address: string, port: number, bytes: Uint8Array): void
  end(address: string, port: number): void
}

/** Ways in that are no datagrams (`IpfixStreams` of `ingest/tcp`). */
export interface MessageStreams {
  open(hosts: readonly string[], handlers: MessageHandlers): Promise<void>
  close(): void
  readonly listeners: readonly { readonly host: string; readonly port: number; readonly tls: boolean }[]
}

/** Gathers datagrams into the bytes of a frame (`FrameWriter` of `ingest/bus`). */
export interface FramePacker {
  readonly datagrams: number
  readonly bytes: number
  /** False, and nothing changes, when it does not fit any more. */
  append(exporter: Uint8Array, port: number, receivedUs: number, datagram: Uint8Array): boolean
  /** The bytes of the frame; the packer is empty again. */
  finish(closing: {
    collector: string
    number: number
    closedMs: number
    totals: CollectorTotals
    context: Uint8Array
    notes?: readonly ExporterNote[] | undefined
  }): Uint8Array
}

/** Where an earlier run of the collector ended, as stream and spool show it. */
export interface LastFrame {
  readonly number: number
  readonly totals: CollectorTotals
}
