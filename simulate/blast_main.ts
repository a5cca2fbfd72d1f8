import { parseArgs } from 'node:util'
import { BLAST_DEFAULTS, Blast } from './blast.js'

/**
 * The body of the high-rate source as a process of its own:
 * `node blast_main.js --port P [--host H] [--rate FLOWS_PER_S|max] [--duration S] [--seed N] [--domains N]`.
 * Writes its report as a line of JSON when it ends; SIGTERM ends it early. `ready` to the parent when the
 * data begins.
 */
const { values } = parseArgs({
  options: {
    host: { type: 'string' },
    port: { type: 'string' },
    rate: { type: 'string' },
    duration: { type: 'string' },
    seed: { type: 'string' },
    sites: { type: 'string' },
    bytes: { type: 'string' },
    domains: { type: 'string' },
  },
})
process.title = 'vigie-blast'
const number = (text: string | undefined, otherwise: number): number =>
  text === undefined ? otherwise : Number(text)
const blast = new Blast({
  host: values.host ?? BLAST_DEFAULTS.host,
  port: number(values.port, 2055),
  flowsPerSecond:
    values.rate === 'max' ? Number.POSITIVE_INFINITY : number(values.rate, BLAST_DEFAULTS.flowsPerSecond),
  durationS: number(values.duration, BLAST_DEFAULTS.durationS),
  seed: number(values.seed, BLAST_DEFAULTS.seed),
  sites: number(values.sites, BLAST_DEFAULTS.sites),
  datagramBytes: number(values.bytes, BLAST_DEFAULTS.datagramBytes),
  domains: number(values.domains, BLAST_DEFAULTS.domains),
})
process.on('SIGTERM', () => blast.stop())
process.on('SIGINT', () => blast.stop())
process.on('disconnect', () => blast.stop())
process.send?.({ type: 'ready' })
const report = await blast.run()
process.stdout.write(`${JSON.stringify(report)}\n`)
if (process.connected) process.disconnect()
