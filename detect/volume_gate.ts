import { hashAddress, hashWith } from './hash.js'
import { SLOTS, type VolumeEntry } from './volume_table.js'

/** Cells of the gate: at 65,536 subjects a step the volume of a cell is that of a few. */
const CELLS = 1 << 16

/** What the gate remembers. Plain data. */
export interface VolumeGateState {
  step: number
  readonly packets: Float64Array
  readonly octets: Float64Array
}

/**
 * Lets a subject in when its volume in the running step is worth a memory of its own. A busy network has a hundred thousand
 * subjects a step, of which a handful come near a floor: for the others a sum in a cell must do.
 *
 * A cell is shared by the subjects that hash to it, so its sum is never less than that of any of them: nobody is kept out
 * who should be in.
 */
export class VolumeGate {
  state: VolumeGateState = { step: 0, packets: new Float64Array(CELLS), octets: new Float64Array(CELLS) }
  #packets = 0
  #octets = 0

  /** Adds an entry's volume of all steps to its cell; `step` is the frame's. */
  add(entry: VolumeEntry, step: number): void {
    const { state } = this
    if (step > state.step) {
      state.step = step
      state.packets.fill(0)
      state.octets.fill(0)
    }
    const cell = hashWith(hashAddress(entry.address, 0), entry.tag) & (CELLS - 1)
    this.#packets = state.packets[cell]!
    this.#octets = state.octets[cell]!
    for (let slot = 0; slot < SLOTS; slot++) {
      this.#packets += entry.slotPackets[slot]!
      this.#octets += entry.slotOctets[slot]!
    }
    state.packets[cell] = this.#packets
    state.octets[cell] = this.#octets
  }

  /** Whether the cell of the last `add` holds so much. */
  reaches(packets: number, octets: number): boolean {
    return this.#packets >= packets || this.#octets >= octets
  }
}
