import { readlinkSync } from 'node:fs'
import { constants, setPriority } from 'node:os'
import { basename } from 'node:path'

/**
 * Lets the thread that calls give way to all others: tables are built beside the frames, and a core that both want is the
 * frames'. Linux tells a thread's own number; elsewhere, or where it may not, the thread stays as it is.
 */
export function lowerPriority(): void {
  try {
    setPriority(Number(basename(readlinkSync('/proc/thread-self'))), constants.priority.PRIORITY_BELOW_NORMAL)
  } catch {
    // Slower on a full machine, and else the same.
  }
}
