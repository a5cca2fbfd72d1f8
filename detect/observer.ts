import type { FlowBlock } from '../model/flow_block.js'
import { ByteWriter } from './bytes.js'
import { FlowView } from './flow_view.js'
import { writeHeader } from './partial.js'
import type { AnyService, FlowFace, FrameNotes, PartialCollector } from './service.js'

/** A service that looks at flows, and the parameters with which workers look for it. */
export interface ObservedService {
  readonly service: AnyService & { readonly flows: FlowFace<unknown> }
  readonly parameters: unknown
}

/** Rows of the largest block a worker hands over, unless told otherwise. */
export const BLOCK_ROWS = 65_536

/**
 * The worker's half of detection: one pass of each service over every block of a frame, then the frame's partial.
 * Nothing is kept from one frame to the next, so that a partial depends on its frame alone.
 */
export class Observer {
  readonly #collectors: readonly { readonly tag: number; readonly collector: PartialCollector }[]
  readonly #view: FlowView
  readonly #section = new ByteWriter(65_536)
  readonly #writer = new ByteWriter(65_536)
  #rows = 0
  #noted = false
  #firstMs = Number.POSITIVE_INFINITY

  /** @param view what `look` looks at, or the capacity of the blocks that `observe` gets */
  constructor(services: readonly ObservedService[], view: FlowView | number = BLOCK_ROWS) {
    this.#view = typeof view === 'number' ? new FlowView(view) : view
    this.#collectors = services.map(({ service, parameters }) => ({
      tag: service.flows.tag,
      collector: service.flows.collector(parameters),
    }))
  }

  /** Looks at the rows of `block`, which the caller may reuse at once. */
  observe(block: FlowBlock): void {
    if (block.rows === 0) return
    this.#view.bind(block)
    this.look()
  }

  /** Looks at the block that the view is bound to. */
  look(): void {
    const view = this.#view
    if (view.kept === 0) return
    for (let row = 0; row < view.rows; row++) {
      if (view.receivedMs[row]! < this.#firstMs) this.#firstMs = view.receivedMs[row]!
    }
    this.#rows += view.kept
    for (const { collector } of this.#collectors) collector.observe(view)
  }

  /** Looks at what the frame says of its exporters. */
  observeFrame(notes: FrameNotes): void {
    this.#noted = true
    for (const { collector } of this.#collectors) collector.observeFrame?.(notes)
  }

  /**
   * The partial of the frame whose blocks were observed since the last call. The bytes are the caller's, in a buffer of
   * their own that may be transferred.
   *
   * @param closedMs the collector's clock when the frame was closed, ms since 1970.
   */
  take(closedMs: number): Uint8Array {
    const spanMs = this.#rows === 0 ? 1 : Math.max(1, Math.round(closedMs - this.#firstMs))
    const frame = { closedMs: Math.round(closedMs), spanMs }
    const { shifted } = this.#view
    const telling = this.#telling()
    writeHeader(this.#writer, { ...frame, rows: this.#rows, shifted }, telling.length)
    for (const { tag, collector } of telling) {
      collector.take(this.#section, frame)
      const bytes = this.#section.take()
      this.#writer.u8(tag)
      this.#writer.varint(bytes.length)
      this.#writer.raw(bytes)
    }
    this.#view.shifted = 0
    this.#rows = 0
    this.#noted = false
    this.#firstMs = Number.POSITIVE_INFINITY
    return this.#writer.take()
  }

  /** Who has something to say of the frame: without flows, only who looks at the frame itself. */
  #telling(): readonly { readonly tag: number; readonly collector: PartialCollector }[] {
    if (this.#rows > 0) return this.#collectors
    return this.#noted ? this.#collectors.filter(({ collector }) => collector.observeFrame !== undefined) : []
  }
}
