import { Registry } from 'prom-client'
import { Catalogue } from '../../detect/catalogue.js'
import { detectorSchema } from '../../detect/config.js'
import { SampleDetector } from '../../detect/sample_detector.js'
import { SERVICES } from '../../detect/services/index.js'
import { Bus } from '../../ingest/bus/bus.js'
import { busSchema } from '../../ingest/bus/config.js'
import { FindingStream } from '../../ingest/bus/finding_stream.js'
import { SampleStream } from '../../ingest/bus/sample_stream.js'
import { NatsStateStore } from '../../ingest/bus/state_store.js'
import type { Logger } from '../../model/ports.js'

/** A detector of links in a process of its own, for tests that kill it. Says 'saved' on stdout after each save of its state. */
const silent: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
const bus = new Bus(busSchema.parse({ url: process.argv[2] }), {
  logger: silent,
  metrics: new Registry(),
  name: 'detector',
})
await bus.start()
const store = new NatsStateStore(bus)
const detector = new SampleDetector(detectorSchema.parse({ snapshot_interval_s: 0.2 }), {
  samples: new SampleStream({ bus, logger: silent }),
  findings: new FindingStream({ bus, logger: silent }),
  state: {
    get: (key) => store.get(key),
    keys: (prefix) => store.keys(prefix),
    delete: (key) => store.delete(key),
    async put(key, value) {
      await store.put(key, value)
      if (key === 'detector_samples.head') process.stdout.write('saved\n')
    },
  },
  catalogue: new Catalogue({ services: SERVICES }),
  clock: { nowMs: () => Date.now() },
  logger: silent,
  metrics: new Registry(),
})
await detector.start()
process.stdout.write('started\n')
