import { Registry } from 'prom-client'
import { Catalogue } from '../../detect/catalogue.js'
import { detectorSchema } from '../../detect/config.js'
import { HorizonDetector } from '../../detect/horizon_detector.js'
import { Bus } from '../../ingest/bus/bus.js'
import { busSchema } from '../../ingest/bus/config.js'
import { FindingStream } from '../../ingest/bus/finding_stream.js'
import { NatsStateStore } from '../../ingest/bus/state_store.js'
import type { Logger } from '../../model/ports.js'
import { toyHorizon, toyService } from './horizons.js'

/**
 * Horizons in a process of their own, for tests that kill it: `node horizon_process.js URL`. Its store never answers twice
 * the same. Says 'step' on stdout whenever something of its state was written.
 */
const silent: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
const metrics = new Registry()
const bus = new Bus(busSchema.parse({ url: process.argv[2] }), { logger: silent, metrics, name: 'horizons' })
await bus.start()
const state = new NatsStateStore(bus)
// Time goes by two slots with each look at the clock, from where the process before left it.
let nowMs = Number(process.argv[3])
let asked = 0
const detector = new HorizonDetector(detectorSchema.parse({ store_retry_s: 0.01 }), {
  store: {
    ask: async () => {
      if (asked++ % 7 === 3) throw new Error('the store is away')
      return [[`${process.pid}.${asked}`]]
    },
  },
  findings: new FindingStream({ bus, logger: silent }),
  state: {
    get: (key) => state.get(key),
    keys: (prefix) => state.keys(prefix),
    delete: (key) => state.delete(key),
    async put(key, value) {
      await state.put(key, value)
      process.stdout.write('step\n')
    },
  },
  catalogue: new Catalogue({ services: [toyService([toyHorizon('five', 300, { catchUp: 100_000 })])] }),
  clock: { nowMs: () => (nowMs += 600_000) },
  logger: silent,
  metrics,
})
await detector.start()
