import { readFileSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { lowerPriority } from '../low_priority.js'
import { buildGeo } from './build_geo.js'

lowerPriority()

// Entry of the thread that reads the files of countries and autonomous systems: it is started with their names,
// answers, and ends.
const { version, files } = workerData as { version: number; files: readonly string[] }
parentPort?.postMessage(
  buildGeo(
    version,
    files.map((file) => readFileSync(file)),
  ),
)
