import { execFile } from 'node:child_process'
import { closeSync, constants, openSync } from 'node:fs'
import { Socket } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** The reading end of a named pipe into which the engine writes one answer. */
export interface ResultPipe {
  readonly path: string
  readonly stream: Socket
  /** Called when the engine is done: the stream ends when it is drained. */
  noMoreWriters(): void
  /** Gives the pipe back. The engine must be done. */
  release(): void
}

/**
 * Named pipes through which answers leave the engine: `SELECT … INTO OUTFILE 'pipe' FORMAT x` formats on the engine's
 * threads, any format streams with a bounded 64 KiB in between, and a reader that does not read holds the query back.
 */
export class ResultPipes {
  readonly #dir: string
  readonly #count: number
  #free: string[] = []

  constructor(dir: string, count: number) {
    this.#dir = dir
    this.#count = count
  }

  /** Makes the pipes in the folder, which must be there and empty. */
  async start(): Promise<void> {
    const paths = Array.from({ length: this.#count }, (_, i) => join(this.#dir, `pipe-${i}`))
    await promisify(execFile)('mkfifo', ['-m', '600', ...paths])
    this.#free = paths
  }

  /** @throws Error when more are taken than there are: whoever takes one holds one of as many turns */
  take(): ResultPipe {
    const path = this.#free.pop()
    if (path === undefined) throw new Error(`all ${this.#count} result pipes are taken`)
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    // While this end is open the reader sees no end, also when the engine has not opened the pipe yet or never does.
    let writer = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK)
    const noMoreWriters = (): void => {
      if (writer >= 0) closeSync(writer)
      writer = -1
    }
    const stream = new Socket({ fd: reader, readable: true, writable: false })
    return {
      path,
      stream,
      noMoreWriters,
      release: () => {
        noMoreWriters()
        stream.destroy()
        this.#free.push(path)
      },
    }
  }
}
