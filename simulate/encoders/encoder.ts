import type { Flow } from '../flow.js'

/** Turns the flows of one exporter into datagrams. */
export interface FlowEncoder {
  /** One record for both directions. */
  readonly biflow: boolean
  /** Whether the exporter reports such flows at all. */
  takes(flow: Flow): boolean
  /** Adds the flow and returns the records it made; a datagram that is full goes out first. */
  add(flow: Flow, nowMs: number): number
  /** Sends what is in hand. */
  flush(nowMs: number): void
  /** Sends templates and options data, where the protocol has any. */
  announce(nowMs: number): void
}

/** Takes a finished datagram, which it may keep, and how many flow records are in it. */
export type EmitDatagram = (datagram: Uint8Array, flowRecords: number) => void
