import { parentPort, workerData } from 'node:worker_threads'
import { lowerPriority } from '../low_priority.js'
import { builtThreats } from './threat_view.js'

lowerPriority()

// Entry of the thread that builds the tables of a set of indicators: it is started with a packed set, answers,
// and ends.
parentPort?.postMessage(builtThreats(workerData as Uint8Array))
