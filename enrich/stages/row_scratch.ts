/**
 * What the stages tell each other about the rows of a block; grows to the largest block and is used again.
 */
export class RowScratch {
  capacity = 0
  /** Index of the row's exporter, 0 unregistered. */
  exporters = new Uint32Array(0)
  /** Routing table of either end. */
  srcVrfs = new Uint16Array(0)
  dstVrfs = new Uint16Array(0)
  /** Place of either end, 0 nowhere. */
  srcPlaces = new Uint32Array(0)
  dstPlaces = new Uint32Array(0)

  /** Makes room for blocks of `capacity` rows. */
  fit(capacity: number): void {
    if (capacity <= this.capacity) return
    this.capacity = capacity
    this.exporters = new Uint32Array(capacity)
    this.srcVrfs = new Uint16Array(capacity)
    this.dstVrfs = new Uint16Array(capacity)
    this.srcPlaces = new Uint32Array(capacity)
    this.dstPlaces = new Uint32Array(capacity)
  }
}
