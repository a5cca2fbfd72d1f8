import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** Datagrams handed to the kernel whose callback has not come. */
const IN_FLIGHT_MAX = 64
/** The receiver's queue is looked at once in so many datagrams; the smallest usual buffer holds about 90. */
const LOOK_EVERY = 32
/** Above this many bytes in the receiver's queue (as the kernel counts them), the sender waits. */
const BACKLOG_BYTES_MAX = 48 * 1024
/** A receiver that takes nothing for so long is passed over: then it is its loss. */
const PATIENCE_MS = 2000

/** Bytes that wait in the queues of this machine's UDP sockets on `port`; 0 where /proc does not tell. */
export function backlogBytes(port: number): number {
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0')
  let bytes = 0
  for (const file of ['/proc/net/udp', '/proc/net/udp6']) {
    let table: string
    try {
      table = readFileSync(file, 'latin1')
    } catch {
      continue
    }
    // Fields: slot, local address:port, remote address:port, state, queues to send:to receive, …
    for (const line of table.split('\n')) {
      const fields = line.trim().split(/\s+/)
      if (fields[1]?.endsWith(`:${hexPort}`)) bytes += Number.parseInt(fields[4]?.split(':')[1] ?? '0', 16)
    }
  }
  return bytes
}

/** Decides when the next datagram may go. */
export class ReplayPace {
  /** 1 as recorded, N times faster, Infinity as fast as the receiver takes. */
  readonly #speed: number
  /** The port on this machine whose receiver is not to be flooded; 0 for a receiver elsewhere. */
  readonly #localPort: number
  #inFlight = 0
  #wake: (() => void) | undefined
  #sent = 0
  #startMs = 0
  #firstUs = -1

  constructor(speed: number, localPort: number) {
    this.#speed = speed
    this.#localPort = localPort
  }

  /** Each file has its own time line: the next one begins at once. */
  beginFile(): void {
    this.#firstUs = -1
  }

  /** Resolves when the datagram that was recorded at `recordedUs` is due and there is room for it. */
  async ready(recordedUs: number): Promise<void> {
    if (this.#inFlight >= IN_FLIGHT_MAX) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    this.#inFlight++
    if (this.#speed !== Number.POSITIVE_INFINITY) await this.#due(recordedUs)
    else if (this.#localPort > 0 && ++this.#sent % LOOK_EVERY === 0) await this.#receiverTakes()
  }

  /** A datagram is out, or has failed. */
  done(): void {
    this.#inFlight--
    this.#wake?.()
    this.#wake = undefined
  }

  async #due(recordedUs: number): Promise<void> {
    if (this.#firstUs < 0) {
      this.#firstUs = recordedUs
      this.#startMs = performance.now()
    }
    const dueMs = this.#startMs + (recordedUs - this.#firstUs) / 1000 / this.#speed
    for (let leftMs = dueMs - performance.now(); leftMs >= 1; leftMs = dueMs - performance.now()) {
      // A timer holds at most 2^31 ms.
      await sleep(Math.min(leftMs, 2 ** 31 - 1))
    }
  }

  async #receiverTakes(): Promise<void> {
    const giveUpMs = performance.now() + PATIENCE_MS
    while (backlogBytes(this.#localPort) > BACKLOG_BYTES_MAX && performance.now() < giveUpMs) await sleep(1)
  }
}
