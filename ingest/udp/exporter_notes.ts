import type { ExporterTable } from './exporters.js'
import type { Framer } from './framer.js'

/** Has frames say every few seconds who was heard, once anybody was. */
export class ExporterNotes {
  readonly #everyMs: number
  readonly #table: ExporterTable
  readonly #framer: Pick<Framer, 'note'>
  #notedMs = 0

  constructor(everyMs: number, table: ExporterTable, framer: Pick<Framer, 'note'>) {
    this.#everyMs = everyMs
    this.#table = table
    this.#framer = framer
  }

  turn(nowMs: number): void {
    if (this.#table.size === 0 || nowMs - this.#notedMs < this.#everyMs) return
    this.#notedMs = nowMs
    this.#framer.note(this.#table.takeNotes())
  }
}
