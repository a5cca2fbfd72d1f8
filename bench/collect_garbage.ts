import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')

/** Collects all garbage now: what is timed next does not pay for what was before. */
export const collectGarbage = runInNewContext('gc') as () => void
