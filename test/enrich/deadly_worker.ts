import { processFrame as real } from '../../app/flow_worker.js'
import type { FrameAnswer, FrameTask } from '../../enrich/pool.js'
import { frameNumber } from '../../ingest/bus/frame.js'

/** Numbers of frames that this worker does not survive. */
export const DEADLY = { exits: 5, throws: 7, hangs: 9 } as const

/** The real worker, but for three frames. */
export function processFrame(task: FrameTask): FrameAnswer {
  Atomics.store(task.begun, task.slot, 1)
  const number = frameNumber(task.frame)
  if (number === DEADLY.exits) process.exit(3)
  if (number === DEADLY.throws) throw new Error('a fault of the program')
  if (number === DEADLY.hangs) for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  return real(task)
}
