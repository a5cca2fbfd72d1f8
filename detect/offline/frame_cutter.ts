import { FlowBlock } from '../../model/flow_block.js'
import { clearRow, copyRow, type RowParser } from './flow_row.js'

/** Length of a frame, ms of receipt, as a collector makes them. */
export const FRAME_MS = 250

export interface CutterConfig {
  /** Rows that wait for their turn at most: how far out of order a file may be. */
  readonly reorderRows: number
  /** Rows of a block handed over. */
  readonly blockRows: number
  /** A frame's rows, in order of receipt; a frame of more rows than fit comes in several blocks. */
  readonly onBlock: (block: FlowBlock) => void
  /** A frame is whole. */
  readonly onFrame: (closedMs: number) => void
}

/**
 * Makes frames of recorded flows: rows are put in order of receipt by a bounded heap and cut every 250 ms, as a collector
 * would have. A row older than the frame that is being made goes into it.
 */
export class FrameCutter {
  readonly #config: CutterConfig
  readonly #waiting: FlowBlock
  readonly #received: Float64Array
  readonly #order: Float64Array
  /** Heap of rows in `#waiting`: earliest receipt first, then as they were read. */
  readonly #heap: Uint32Array
  #size = 0
  #read = 0
  readonly #free: number[]
  readonly #block: FlowBlock
  #window = -1
  /** Rows that came after rows of a later frame had gone. */
  late = 0

  constructor(config: CutterConfig) {
    this.#config = config
    this.#waiting = new FlowBlock(config.reorderRows)
    this.#received = new Float64Array(config.reorderRows)
    this.#order = new Float64Array(config.reorderRows)
    this.#heap = new Uint32Array(config.reorderRows)
    this.#free = Array.from({ length: config.reorderRows }, (_, i) => config.reorderRows - 1 - i)
    this.#block = new FlowBlock(config.blockRows)
  }

  /** Reads a line by `parse`; its result. `prepare` touches the columns that the parser writes without looking. */
  add(line: string, parse: RowParser, prepare?: (block: FlowBlock) => void): number | 'skip' | undefined {
    if (this.#free.length === 0) this.#release()
    prepare?.(this.#waiting)
    const row = this.#free.pop()!
    clearRow(this.#waiting, row)
    const received = parse(line, this.#waiting, row)
    if (typeof received !== 'number') {
      this.#free.push(row)
      return received
    }
    this.#received[row] = received
    this.#order[row] = this.#read++
    this.#push(row)
    return received
  }

  /** Gives out all that waits. */
  end(): void {
    while (this.#size > 0) this.#release()
    if (this.#window >= 0) this.#close()
  }

  /** The earliest row goes into its frame. */
  #release(): void {
    const row = this.#pop()
    const window = Math.floor(this.#received[row]! / FRAME_MS)
    if (this.#window >= 0 && window > this.#window) this.#close()
    if (window > this.#window) this.#window = window
    else if (window < this.#window) this.late++
    if (this.#block.rows === this.#block.capacity) this.#flush()
    copyRow(this.#waiting, row, this.#block, this.#block.rows++)
    this.#free.push(row)
  }

  #flush(): void {
    this.#config.onBlock(this.#block)
    this.#block.reset()
  }

  #close(): void {
    if (this.#block.rows > 0) this.#flush()
    this.#config.onFrame((this.#window + 1) * FRAME_MS)
  }

  #before(a: number, b: number): boolean {
    const ta = this.#received[a]!
    const tb = this.#received[b]!
    return ta < tb || (ta === tb && this.#order[a]! < this.#order[b]!)
  }

  #push(row: number): void {
    const heap = this.#heap
    let at = this.#size++
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!this.#before(row, heap[parent]!)) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = row
  }

  #pop(): number {
    const heap = this.#heap
    const top = heap[0]!
    const row = heap[--this.#size]!
    let at = 0
    for (let child = 1; child < this.#size; child = 2 * at + 1) {
      if (child + 1 < this.#size && this.#before(heap[child + 1]!, heap[child]!)) child++
      if (!this.#before(heap[child]!, row)) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = row
    return top
  }
}
