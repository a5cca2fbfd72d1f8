import type { FindingMark } from '../../model/finding.js'
import type { FindingFeedback } from '../../model/ports.js'
import type { Bus } from './bus.js'

const KEY = 'marks'

/** Marks of findings in the bucket of learned state: the newest of each finding under `marks.<uid>`, JSON. */
export class NatsFindingFeedback implements FindingFeedback {
  readonly #bus: Bus

  constructor(bus: Bus) {
    this.#bus = bus
  }

  async give(marks: readonly FindingMark[]): Promise<void> {
    await Promise.all(
      marks.map((mark) => this.#bus.state.put(`${KEY}.${mark.finding}`, JSON.stringify(mark))),
    )
  }

  async watch(listener: (mark: FindingMark) => void): Promise<() => void> {
    const watch = await this.#bus.state.watch({ key: `${KEY}.>` })
    const follow = async (): Promise<void> => {
      for await (const entry of watch) {
        if (entry.operation !== 'PUT') continue
        try {
          listener(entry.json<FindingMark>())
        } catch {
          // What somebody else put there and is no mark says nothing.
        }
      }
    }
    follow().catch(() => undefined)
    return () => watch.stop()
  }
}
