import { MessageChannel, type MessagePort } from 'node:worker_threads'

/**
 * Frees memory at once instead of leaving it to the collector of garbage. Rows of a second are tens of megabytes outside of
 * the heap; left lying they make V8 mark its whole heap again and again, which took more time than the main thread's work.
 * A buffer that is moved to a port whose other end is closed has no owner any more, and is freed.
 */
export class Release {
  readonly #port: MessagePort

  constructor() {
    const { port1, port2 } = new MessageChannel()
    port2.close()
    port1.unref()
    this.#port = port1
  }

  /** Nobody may look at the buffers afterwards: they have no bytes any more. */
  free(views: readonly Uint8Array[]): void {
    const buffers = new Set(views.map((view) => view.buffer as ArrayBuffer))
    this.#port.postMessage(null, [...buffers])
  }
}
