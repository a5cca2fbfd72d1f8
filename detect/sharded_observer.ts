import type { FlowBlock } from '../model/flow_block.js'
import { FlowView } from './flow_view.js'
import { type ObservedService, Observer } from './observer.js'
import type { FrameNotes } from './service.js'

/** An observer a shard, over the same blocks: what a detector gets of a frame is what its organisations did. */
export class ShardedObserver {
  readonly #view: FlowView
  readonly #shards: readonly Observer[]

  /** @param blockRows capacity of the blocks that `observe` gets */
  constructor(services: readonly ObservedService[], shards: number, blockRows: number) {
    this.#view = new FlowView(blockRows)
    this.#shards = Array.from({ length: shards }, () => new Observer(services, this.#view))
  }

  /** Looks at the rows of `block`, which the caller may reuse at once. */
  observe(block: FlowBlock): void {
    if (block.rows === 0) return
    this.#view.bind(block)
    for (const [shard, observer] of this.#shards.entries()) {
      if (this.#shards.length > 1) this.#view.keepShard(shard, this.#shards.length)
      observer.look()
    }
  }

  /** Looks at what the frame says of its exporters: each detector tells of those of its organisations. */
  observeFrame(notes: FrameNotes): void {
    for (const observer of this.#shards) observer.observeFrame(notes)
  }

  /** The partials of the frame, in the order of the shards; their bytes are the caller's. @param closedMs as `Observer.take` */
  take(closedMs: number): Uint8Array[] {
    return this.#shards.map((observer) => observer.take(closedMs))
  }
}
