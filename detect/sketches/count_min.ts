/**
 * Count-Min sketch (Cormode, Muthukrishnan 2005): counts by 32-bit hash that are never too low, and with probability
 * 1 − e^−depth too high by at most e/width of all that was added. Adds linearly: two sketches merge by sum.
 */
export class CountMin {
  readonly width: number
  readonly depth: number
  readonly cells: Uint32Array

  /** @param width cells in a row, a power of two. @param depth rows, 1 to 4. */
  constructor(width: number, depth: number) {
    if (width < 2 || (width & (width - 1)) !== 0) throw new RangeError('width must be a power of two')
    if (depth < 1 || depth > 4) throw new RangeError('depth must be 1 to 4')
    this.width = width
    this.depth = depth
    this.cells = new Uint32Array(width * depth)
  }

  add(hash: number, count: number): void {
    const mask = this.width - 1
    let h = hash
    for (let row = 0, base = 0; row < this.depth; row++, base += this.width) {
      this.cells[base + (h & mask)]! += count
      h = (Math.imul(h, 0x9e3779b1) ^ (h >>> 15)) >>> 0
    }
  }

  count(hash: number): number {
    const mask = this.width - 1
    let h = hash
    let least = 0xffffffff
    for (let row = 0, base = 0; row < this.depth; row++, base += this.width) {
      const cell = this.cells[base + (h & mask)]!
      if (cell < least) least = cell
      h = (Math.imul(h, 0x9e3779b1) ^ (h >>> 15)) >>> 0
    }
    return least
  }

  merge(other: CountMin): void {
    if (other.width !== this.width || other.depth !== this.depth)
      throw new RangeError('sketches differ in size')
    for (let i = 0; i < this.cells.length; i++) this.cells[i]! += other.cells[i]!
  }

  clear(): void {
    this.cells.fill(0)
  }
}
