import { Counter, Gauge, type Registry } from 'prom-client'
import type { Books } from './books.js'
import type { ExporterTable } from './exporters.js'
import type { Framer } from './framer.js'
import type { LearnedState } from './learned_state.js'
import type { Learner } from './ports.js'
import type { RejectKeeper } from './reject_keeper.js'
import type { Sockets } from './sockets.js'
import type { WaitingRoom } from './waiting_room.js'

/** The parts whose numbers are shown. They count by themselves; the metrics read them when somebody asks. */
export interface CollectorParts {
  readonly books: Books
  readonly rejects: RejectKeeper
  readonly learner: Learner
  readonly room: Pick<WaitingRoom<object>, 'size' | 'bytes' | 'expired' | 'overflowed'>
  readonly table: ExporterTable
  readonly framer: Framer
  readonly learned: LearnedState
  readonly sockets: Sockets
  kernelWaitingBytes(): number
}

export function registerCollectorMetrics(registry: Registry, parts: CollectorParts): void {
  registerCounters(registry, parts)
  registerGauges(registry, parts)
  registerLabelled(registry, parts)
}

function registerCounters(registry: Registry, parts: CollectorParts): void {
  const { books, rejects, table, framer, learned, room } = parts
  const counters: readonly [name: string, help: string, read: () => number][] = [
    ['received_datagrams', 'Datagrams read from the sockets, since the first start.', () => books.received],
    [
      'received_bytes',
      'Bytes of datagrams read from the sockets, since this start.',
      () => books.receivedBytes,
    ],
    ['framed_datagrams', 'Datagrams put into frames, since the first start.', () => books.framed],
    [
      'kernel_dropped_datagrams',
      'Datagrams that the kernel dropped for want of buffer.',
      () => books.kernelDropped,
    ],
    [
      'sequence_lost_units',
      'Units missing by sequence numbers: datagrams or records.',
      () => books.sequenceLost,
    ],
    [
      'expired_datagrams',
      'Datagrams framed without their template after the longest wait.',
      () => room.expired,
    ],
    [
      'overflowed_datagrams',
      'Datagrams framed without their template for want of room.',
      () => room.overflowed,
    ],
    ['exporters_evicted', 'Idle exporters that made room for new ones.', () => table.evicted],
    ['frames', 'Frames closed and handed to the sink.', () => framer.frames],
    ['frame_bytes', 'Bytes of frames handed to the sink.', () => framer.frameBytes],
    ['state_saves', 'Writes of learned state.', () => learned.saves],
    [
      'state_save_failures',
      'Writes of learned state that failed and are tried again.',
      () => learned.failures,
    ],
    ['dead_letters_unkept', 'Rejects that could not be kept in the dead letters.', () => rejects.unkept],
  ]
  for (const [name, help, read] of counters) {
    new Counter({
      name: `vigie_collector_${name}_total`,
      help,
      registers: [registry],
      collect() {
        this.reset()
        this.inc(read())
      },
    })
  }
}

function registerGauges(registry: Registry, parts: CollectorParts): void {
  const { table, framer, learned, room, sockets, learner, kernelWaitingBytes } = parts
  const gauges: readonly [name: string, help: string, read: () => number][] = [
    ['waiting_datagrams', 'Datagrams that wait for their template.', () => room.size],
    ['waiting_bytes', 'Memory of the datagrams that wait.', () => room.bytes],
    ['exporters', 'Exporters that are remembered.', () => table.size],
    ['templates', 'Templates that are known; equal ones count once.', () => learner.size.templates],
    ['learned_bytes', 'Memory that learned state takes, estimated.', () => learner.size.bytes],
    ['state_pending', 'Exporters whose newest learned state is not stored yet.', () => learned.pending],
    ['frames_in_flight_bytes', 'Bytes of frames that are not durable yet.', () => framer.inFlightBytes],
    ['kernel_waiting_bytes', 'Bytes in the receive buffers of the kernel.', kernelWaitingBytes],
    [
      'receive_buffer_bytes',
      'Smallest receive buffer that the kernel granted to a socket.',
      () => Math.min(...sockets.listeners.map((l) => l.receiveBufferBytes)),
    ],
  ]
  for (const [name, help, read] of gauges) {
    new Gauge({
      name: `vigie_collector_${name}`,
      help,
      registers: [registry],
      collect() {
        const value = read()
        this.set(Number.isFinite(value) ? value : 0)
      },
    })
  }
}

function registerLabelled(registry: Registry, { rejects, learner }: CollectorParts): void {
  const registers = [registry]
  new Counter({
    name: 'vigie_collector_rejected_datagrams_total',
    help: 'Datagrams that were not framed, by reason.',
    labelNames: ['code'],
    registers,
    collect() {
      this.reset()
      for (const [code, count] of Object.entries(rejects.byCode)) this.inc({ code }, count)
    },
  })
  new Counter({
    name: 'vigie_collector_evictions_total',
    help: 'Learned state that was forgotten to stay within its bounds, by kind.',
    labelNames: ['kind'],
    registers,
    collect() {
      this.reset()
      for (const [kind, count] of Object.entries(learner.evicted)) this.inc({ kind }, count)
    },
  })
}
