import { parentPort, workerData } from 'node:worker_threads'
import { lowerPriority } from '../low_priority.js'
import { unpackSnapshot } from './registry_store.js'
import { viewOf } from './registry_view.js'

lowerPriority()

// Entry of the thread that builds a registry's tables: it is started with a packed snapshot, answers, and
// ends.
parentPort?.postMessage(viewOf(unpackSnapshot(workerData as Uint8Array)))
