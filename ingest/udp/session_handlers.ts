import { addressBytes } from './address.js'
import type { ExporterTable } from './exporters.js'
import type { Framer } from './framer.js'
import type { Learner, MessageHandlers } from './ports.js'
import type { ReceiveClock } from './receive_clock.js'
import type { RejectKeeper } from './reject_keeper.js'

/** What of the collector has to do with connections. */
export interface SessionParts {
  readonly table: ExporterTable
  readonly learner: Learner
  readonly framer: Pick<Framer, 'close'>
  readonly rejects: Pick<RejectKeeper, 'reject'>
  readonly clock: ReceiveClock
  take(message: Uint8Array, from: { address: string; port: number }, us: number): void
  count(message: Uint8Array): void
}

/** Messages of a connection are datagrams like others, but for the templates, which are the connection's own. */
export function sessionHandlers(parts: SessionParts): MessageHandlers {
  const { table, learner, framer, rejects, clock, take, count } = parts
  const bytesOf = (address: string) => table.get(address)?.bytes16 ?? addressBytes(address)
  return {
    admits: (address) => table.allows(address),
    begin: (address, port) => {
      if (learner.beginSession(bytesOf(address), port)) framer.close()
    },
    message: (address, port, message) => {
      take(message, { address, port }, clock.nowUs())
      count(message)
    },
    invalid: (address, _port, bytes) => {
      rejects.reject('header_invalid', address, clock.nowUs(), bytes)
      count(bytes)
    },
    end: (address, port) => learner.endSession(bytesOf(address), port),
  }
}
