import { createSocket } from 'node:dgram'
import { parseArgs } from 'node:util'
import { Registry } from 'prom-client'
import { loadKeys } from '../enrich/privacy/keys.js'
import { Sealer } from '../enrich/privacy/seal.js'
import type { Bus } from '../ingest/bus/bus.js'
import { edgePublisherSchema } from '../ingest/bus/config.js'
import { type DeadLetter, NatsDeadLetters } from '../ingest/bus/dead_letters.js'
import { EdgePublisher } from '../ingest/bus/edge_publisher.js'
import { OutboxStream } from '../ingest/bus/outbox_stream.js'
import { STREAMS } from '../ingest/bus/streams.js'
import { EDGE_REJECT_UNITS, REJECT_CODES, type RejectCode } from '../model/reject.js'
import { readConfig } from './config/vigie_config.js'
import { withBus } from './connect_bus.js'
import { type CommandIo, UsageError } from './io.js'
import { createLogger } from './logger.js'
import { formatOf, type Row, renderRows } from './rows.js'

const OPTIONS = {
  code: { type: 'string' },
  limit: { type: 'string', default: '100' },
  format: { type: 'string' },
  config: { type: 'string' },
} as const

function codeOf(text: string | undefined): RejectCode | undefined {
  if (text === undefined || text in REJECT_CODES) return text as RejectCode | undefined
  throw new UsageError(`--code ${text}: must be one of ${Object.keys(REJECT_CODES).join(', ')}`)
}

const summary = (letter: DeadLetter): Row => ({
  sequence: letter.sequence,
  kept: new Date(letter.keptMs).toISOString(),
  code: letter.code,
  count: letter.count,
  exporter: letter.exporter ?? letter.origin?.address ?? '',
  ...(letter.vendor !== undefined && { vendor: letter.vendor }),
  ...(letter.origin && { way: letter.origin.way, source: letter.origin.source, stored: letter.stored ?? 0 }),
  bytes: letter.bytes?.length ?? 0,
  message: letter.message,
})

async function collect(letters: AsyncIterable<DeadLetter>): Promise<DeadLetter[]> {
  const all: DeadLetter[] = []
  for await (const letter of letters) all.push(letter)
  return all
}

/** Sends kept datagrams to the collector's first listener again; frames are not datagrams and stay. */
async function retry(letters: readonly DeadLetter[], port: number): Promise<number> {
  const socket = createSocket('udp4')
  let sent = 0
  for (const { code, bytes } of letters) {
    if (
      REJECT_CODES[code] === 'frame' ||
      REJECT_CODES[code] === 'incident' ||
      code in EDGE_REJECT_UNITS ||
      code === 'store_refused' ||
      bytes === undefined ||
      bytes.length === 0
    )
      continue
    await new Promise<void>((resolve, reject) =>
      socket.send(bytes, port, '127.0.0.1', (error) => (error ? reject(error) : resolve())),
    )
    sent++
  }
  socket.close()
  return sent
}

/** Gives tickets that a target refused to it again; those that were told since are left alone by the outbox. */
async function retryTickets(bus: Bus, letters: readonly DeadLetter[]): Promise<number> {
  const queue = new OutboxStream({ bus, logger: createLogger('vigie dead', 'error') })
  let sent = 0
  for (const { code, bytes } of letters) {
    if (REJECT_CODES[code] !== 'incident' || bytes === undefined) continue
    const { target, incident } = JSON.parse(Buffer.from(bytes).toString()) as DeadTicket
    await queue.publish(target, incident.uid, Buffer.from(JSON.stringify({ incident, again: true })))
    sent++
  }
  return sent
}

/** What the letter of a ticket holds. */
interface DeadTicket {
  readonly target: string
  readonly incident: { readonly uid: string }
}

/**
 * Hands payloads of edges back to their stream, and takes their letters away: what cannot be read again makes a new one. Those
 * that were stored in part stay, for the rest of them would be stored twice; so does what was cut off.
 */
async function retryPayloads(bus: Bus, letters: readonly DeadLetter[]): Promise<number> {
  const sink = new EdgePublisher(edgePublisherSchema.parse({}), { bus, metrics: new Registry() })
  let sent = 0
  for (const { code, sequence, bytes, origin, vendor = 'auto', receivedUs = 0, stored = 0 } of letters) {
    if (!(code in EDGE_REJECT_UNITS) || code === 'message_too_long') continue
    if (bytes === undefined || origin === undefined || stored > 0) continue
    const receivedMs = Math.floor(receivedUs / 1000)
    await sink.publish({ vendor, origin, receivedMs, bytes }, `dead-${sequence}`)
    await bus.jsm.streams.deleteMessage(STREAMS.dead, sequence)
    sent++
  }
  return sent
}

/** `vigie dead list|show|retry` */
export async function deadCommand(args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({ args, options: OPTIONS, allowPositionals: true })
  const [action = 'list', sequence] = positionals
  const code = codeOf(values.code)
  const { config } = readConfig(values.config === undefined ? [] : ['--config', values.config], io)
  const sealer = new Sealer(loadKeys(config.privacy, io.env))
  return withBus(config.bus, 'vigie dead', async (bus) => {
    const dead = new NatsDeadLetters(bus)
    if (action === 'list') {
      const letters = await collect(dead.list({ limit: Number(values.limit), ...(code && { code }) }))
      io.stdout.write(renderRows(letters.reverse().map(summary), formatOf(values.format, io)))
      return 0
    }
    if (action === 'show') {
      const letter = await dead.get(Number(sequence))
      if (letter === undefined)
        throw new UsageError(`no dead letter ${sequence ?? ''}: 'vigie dead list' shows their numbers`)
      const hex = Buffer.from(sealer.open(letter.bytes ?? new Uint8Array())).toString('hex')
      io.stdout.write(`${JSON.stringify({ ...summary(letter), bytes_hex: hex }, undefined, 2)}\n`)
      return 0
    }
    if (action === 'retry') {
      const letters = await collect(dead.list({ limit: Number(values.limit), ...(code && { code }) }))
      const opened = letters.map((l) => (l.bytes === undefined ? l : { ...l, bytes: sealer.open(l.bytes) }))
      const sent = await retry(opened, config.collector.ports[0]!)
      const tickets = await retryTickets(bus, opened)
      const payloads = await retryPayloads(bus, opened)
      io.stdout.write(`${JSON.stringify({ letters: letters.length, sent, tickets, payloads })}\n`)
      return 0
    }
    throw new UsageError(`vigie dead ${action}: must be list, show or retry`)
  })
}
