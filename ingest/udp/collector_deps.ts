import type { Registry } from 'prom-client'
import type { Clock, DeadLetters, FrameSink, Logger, StateStore } from '../../model/ports.js'
import type { FramePacker, LastFrame, Learner, MessageStreams } from './ports.js'

/** What the collector works with. */
export interface CollectorDeps {
  readonly learner: Learner
  /** IPFIX over TCP and TLS; left out: UDP only. */
  readonly streams?: MessageStreams
  readonly packer: FramePacker
  readonly sink: FrameSink
  /** The newest frame of this collector in the stream or the spool; its number and totals are gone on from. */
  lastFrame(collector: string): Promise<LastFrame | undefined>
  readonly store: StateStore
  readonly deadLetters: DeadLetters
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Registry
}
