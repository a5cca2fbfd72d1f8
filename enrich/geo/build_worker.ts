import { readFileSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { buildGeo } from './build_geo.js'

// Entry of the thread that reads the files of countries and autonomous systems: it is started with their names,
// answers, and ends.
const { version, files } = workerData as { version: number; files: readonly string[] }
parentPort?.postMessage(
  buildGeo(
    version,
    files.map((file) => readFileSync(file)),
  ),
)
