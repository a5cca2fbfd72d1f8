import { lookup } from 'node:dns/promises'
import { parseArgs } from 'node:util'
import { CaptureError } from '../ingest/flow/capture/capture_error.js'
import { type CapturedDatagram, CaptureReader } from '../ingest/flow/capture/capture_reader.js'
import { shiftExportTime } from '../ingest/flow/capture/rewrite_time.js'
import { type CommandIo, languageOf, UsageError } from './io.js'
import { ReplayPace } from './replay_pace.js'
import { ReplaySources, type ReplayTarget } from './replay_sources.js'

interface ReplayOptions {
  readonly files: readonly string[]
  readonly target: ReplayTarget
  /** Infinity for `max`. */
  readonly speed: number
  readonly rewriteTime: boolean
}

/** The last line on stderr. */
interface ReplaySummary {
  datagrams: number
  bytes: number
  /** Sources of the capture. */
  exporters: number
  seconds: number
  /** Datagrams that could not be sent, by the system's code; captures that could not be read to their end. */
  errors: Record<string, number>
}

const WORDS = {
  usage: {
    fr: 'il faut un FICHIER et --to udp://HÔTE:PORT (vigie replay --help)',
    en: 'needs a FILE and --to udp://HOST:PORT (vigie replay --help)',
  },
  target: { fr: 'cible illisible, attendu udp://HÔTE:PORT', en: 'no target, expected udp://HOST:PORT' },
  speed: {
    fr: '--speed attend un nombre positif ou « max »',
    en: "--speed expects a positive number or 'max'",
  },
  shared: {
    fr: 'exportateurs partagent une même adresse source : leurs modèles peuvent se mêler',
    en: 'exporters share one source address: their templates may mix',
  },
  sent: { fr: 'datagrammes envoyés', en: 'datagrams sent' },
}

async function targetOf(text: string, said: string): Promise<ReplayTarget> {
  let url: URL
  try {
    url = new URL(text)
  } catch {
    throw new UsageError(`${said}: ${text}`)
  }
  const port = Number(url.port)
  if (url.protocol !== 'udp:' || url.hostname === '' || port === 0) throw new UsageError(`${said}: ${text}`)
  const { address } = await lookup(url.hostname.replace(/^\[|\]$/g, ''))
  return { address, port }
}

async function optionsOf(args: string[], io: CommandIo): Promise<ReplayOptions> {
  const lang = languageOf(io.env)
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      to: { type: 'string' },
      speed: { type: 'string', default: '1' },
      'rewrite-time': { type: 'boolean', default: false },
    },
  })
  if (values.to === undefined || positionals.length === 0) throw new UsageError(WORDS.usage[lang])
  const speed = values.speed === 'max' ? Number.POSITIVE_INFINITY : Number(values.speed)
  if (!(speed > 0)) throw new UsageError(WORDS.speed[lang])
  const target = await targetOf(values.to, WORDS.target[lang])
  return { files: positionals, target, speed, rewriteTime: values['rewrite-time'] }
}

const isLocal = (address: string): boolean => address.startsWith('127.') || address === '::1'

/** Sends captures; counts what went and what did not. */
class Replay {
  readonly summary: ReplaySummary = { datagrams: 0, bytes: 0, exporters: 0, seconds: 0, errors: {} }
  readonly sources: ReplaySources
  readonly #options: ReplayOptions
  readonly #pace: ReplayPace
  readonly #pending = new Set<Promise<void>>()

  constructor(options: ReplayOptions) {
    this.#options = options
    this.sources = new ReplaySources(options.target)
    this.#pace = new ReplayPace(options.speed, isLocal(options.target.address) ? options.target.port : 0)
  }

  /** Sends one file; `progress` hears of every datagram. Throws what the reader throws. */
  async send(file: string, progress: () => void): Promise<void> {
    this.#pace.beginFile()
    for (const captured of new CaptureReader(file).datagrams()) {
      await this.#pace.ready(captured.receivedUs)
      await this.#sendOne(captured)
      progress()
    }
  }

  async finish(): Promise<void> {
    await Promise.all(this.#pending)
    this.summary.exporters = this.sources.exporters
    this.sources.close()
  }

  count(code: string): void {
    this.summary.errors[code] = (this.summary.errors[code] ?? 0) + 1
  }

  async #sendOne({ exporter, receivedUs, datagram }: CapturedDatagram): Promise<void> {
    const socket = await this.sources.of(exporter)
    const bytes = this.#options.rewriteTime
      ? shiftExportTime(datagram, Date.now() * 1000 - receivedUs)
      : datagram
    const sent = new Promise<void>((resolve) => {
      socket.send(bytes, (error) => {
        this.#pace.done()
        if (!error) {
          this.summary.datagrams++
          this.summary.bytes += bytes.length
        } else this.count((error as NodeJS.ErrnoException).code ?? 'EUNKNOWN')
        resolve()
      })
    })
    this.#pending.add(sent)
    sent.then(() => this.#pending.delete(sent))
  }
}

const PROGRESS_EVERY_MS = 500

function progressOn(io: CommandIo, replay: Replay): () => void {
  if (io.stderr.isTTY !== true) return () => {}
  const words = WORDS.sent[languageOf(io.env)]
  let nextMs = 0
  return () => {
    if (performance.now() < nextMs) return
    nextMs = performance.now() + PROGRESS_EVERY_MS
    io.stderr.write(`\r${replay.summary.datagrams} ${words} `)
  }
}

/**
 * `vigie replay FILE… --to udp://HOST:PORT`: the datagrams of captures back onto a socket. Exit 1 when a
 * file could not be
 * read to its end or a datagram could not be sent.
 */
export async function replayCommand(args: string[], io: CommandIo): Promise<number> {
  const options = await optionsOf(args, io)
  const lang = languageOf(io.env)
  const replay = new Replay(options)
  const startedMs = performance.now()
  const progress = progressOn(io, replay)
  try {
    for (const file of options.files) {
      try {
        await replay.send(file, progress)
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException
        io.stderr.write(`vigie replay: ${error instanceof CaptureError ? `${file}: ` : ''}${message}\n`)
        replay.count(code ?? 'EUNKNOWN')
      }
    }
  } finally {
    await replay.finish()
  }
  const { summary, sources } = replay
  summary.seconds = Number(((performance.now() - startedMs) / 1000).toFixed(3))
  if (io.stderr.isTTY === true) io.stderr.write('\n')
  if (sources.shared > 1) io.stderr.write(`vigie replay: ${sources.shared} ${WORDS.shared[lang]}\n`)
  io.stderr.write(`${JSON.stringify(summary)}\n`)
  return Object.keys(summary.errors).length === 0 ? 0 : 1
}
