/** Lets a bounded number in at once; others wait their turn, bounded too. */
export class Turns {
  readonly #running: number
  readonly #waiting: number
  readonly #queue: (() => void)[] = []
  #active = 0

  constructor(running: number, waiting: number) {
    this.#running = running
    this.#waiting = waiting
  }

  get active(): number {
    return this.#active
  }

  get queued(): number {
    return this.#queue.length
  }

  /** Resolves to what gives the turn back; undefined when too many wait already. */
  take(): Promise<() => void> | undefined {
    if (this.#active < this.#running) {
      this.#active++
      return Promise.resolve(this.#giver())
    }
    if (this.#queue.length >= this.#waiting) return undefined
    return new Promise((resolve) => this.#queue.push(() => resolve(this.#giver())))
  }

  #giver(): () => void {
    let given = false
    return () => {
      if (given) return
      given = true
      const next = this.#queue.shift()
      if (next === undefined) this.#active--
      else next()
    }
  }
}
