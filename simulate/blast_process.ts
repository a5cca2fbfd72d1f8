import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { BLAST_DEFAULTS, type BlastOptions, type BlastReport } from './blast.js'

/** The high-rate source in a process of its own, so that it does not share a thread with what it loads. */
export class BlastProcess {
  /** Resolves when the source has built its pool and begins. */
  readonly ready: Promise<void>
  /** Resolves with what was sent; rejects when the process fails. */
  readonly report: Promise<BlastReport>
  readonly #child: ChildProcess

  constructor(options: Partial<BlastOptions> & Pick<BlastOptions, 'port'>) {
    const all: BlastOptions = { ...BLAST_DEFAULTS, ...options }
    const rate = Number.isFinite(all.flowsPerSecond) ? `${all.flowsPerSecond}` : 'max'
    const args = {
      host: all.host,
      port: all.port,
      rate,
      duration: all.durationS,
      seed: all.seed,
      sites: all.sites,
      bytes: all.datagramBytes,
      domains: all.domains,
    }
    const main = fileURLToPath(new URL('./blast_main.js', import.meta.url))
    const child = spawn(process.execPath, [main, ...Object.entries(args).map(([k, v]) => `--${k}=${v}`)], {
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    })
    this.#child = child
    let said = ''
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
    this.ready = new Promise((resolve) => child.once('message', () => resolve()))
    this.report = new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (code) => {
        if (code === 0) resolve(JSON.parse(said) as BlastReport)
        else reject(new Error(`the traffic source ended with status ${code}`))
      })
    })
  }

  /** Ends it early; the report still comes. */
  stop(): void {
    this.#child.kill('SIGTERM')
  }
}
