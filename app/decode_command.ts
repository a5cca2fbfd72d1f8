import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { CaptureError } from '../ingest/flow/capture/capture_error.js'
import { CaptureReader } from '../ingest/flow/capture/capture_reader.js'
import type { NamedElements } from '../ingest/flow/elements.js'
import { FLOW_KEYS } from '../ingest/flow/flow_json.js'
import { OfflineSession } from '../ingest/flow/offline.js'
import type { OfflineRecord } from '../ingest/flow/offline_printer.js'
import { type CommandIo, UsageError } from './io.js'
import { readNamedElements } from './named_elements.js'

type Format = 'table' | 'jsonl' | 'csv'
const FORMATS: readonly Format[] = ['table', 'jsonl', 'csv']

interface DecodeArguments {
  readonly files: readonly string[]
  readonly ie: boolean
  readonly all: boolean
  readonly format: Format
  /** Elements that the user named. */
  readonly named: NamedElements | undefined
  readonly sflowBytes: 'frame' | 'ip'
}

function readArguments(args: string[], terminal: boolean, env: CommandIo['env']): DecodeArguments {
  const options = {
    ie: { type: 'boolean', default: false },
    all: { type: 'boolean', default: false },
    format: { type: 'string' },
    elements: { type: 'string' },
    'sflow-bytes': { type: 'string', default: 'frame' },
  } as const
  let parsed: ReturnType<typeof parseArgs<{ options: typeof options; allowPositionals: true }>>
  try {
    parsed = parseArgs({ args, options, allowPositionals: true })
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
  const format = (parsed.values.format ?? (terminal ? 'table' : 'jsonl')) as Format
  if (!FORMATS.includes(format)) throw new UsageError(`--format takes ${FORMATS.join(', ')}`)
  if (parsed.positionals.length === 0) throw new UsageError('vigie decode needs at least one file')
  const sflowBytes = parsed.values['sflow-bytes']
  if (sflowBytes !== 'frame' && sflowBytes !== 'ip') throw new UsageError('--sflow-bytes takes frame, ip')
  const { elements } = parsed.values
  const named = elements
    ? readNamedElements(elements, '--elements')
    : readNamedElements(env.VIGIE_ELEMENTS_FILE, 'VIGIE_ELEMENTS_FILE')
  return {
    files: parsed.positionals,
    ie: parsed.values.ie,
    all: parsed.values.all,
    format,
    named,
    sflowBytes,
  }
}

/** Lines of one format. */
interface Printer {
  readonly head: string
  line(record: OfflineRecord): string
}

const JSON_LINES: Printer = { head: '', line: (record) => `${JSON.stringify(record)}\n` }

/** Quotes what needs it (RFC 4180); objects are JSON. */
function csvCell(value: unknown): string {
  if (value === undefined) return ''
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value)
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

function csvPrinter({ ie, all }: DecodeArguments): Printer {
  // Counter records have keys of their own kinds: in a table of fixed columns they are JSON in one cell.
  const keys = [...(all ? ['kind'] : []), ...FLOW_KEYS, ...(ie || all ? ['ie'] : [])]
  const known = new Set(keys)
  return {
    head: `${keys.join(',')}\n`,
    line: (record) => {
      const more = Object.entries(record).filter(([key]) => !known.has(key))
      const row =
        more.length > 0 ? { ...record, ie: { ...Object.fromEntries(more), ...asObject(record.ie) } } : record
      return `${keys.map((key) => csvCell((row as OfflineRecord)[key])).join(',')}\n`
    },
  }
}

const asObject = (value: unknown): object => (typeof value === 'object' && value !== null ? value : {})

const TABLE: readonly (readonly [title: string, width: number, key: (r: OfflineRecord) => unknown])[] = [
  ['start', 24, (r) => r.flow_start ?? r.time_received],
  ['exporter', 15, (r) => r.exporter_addr],
  ['source', 22, (r) => endpoint(r.src_addr, r.src_port)],
  ['destination', 22, (r) => endpoint(r.dst_addr, r.dst_port)],
  ['proto', 5, (r) => r.ip_proto],
  ['in', 5, (r) => r.in_if],
  ['out', 5, (r) => r.out_if],
  ['packets', 9, (r) => r.packets],
  ['bytes', 11, (r) => r.bytes],
  ['rate', 6, (r) => r.sampling_rate],
  ['application', 12, (r) => r.app_name ?? r.app_id],
]

function endpoint(address: unknown, port: unknown): string {
  if (address === undefined) return ''
  if (port === undefined) return String(address)
  return String(address).includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

const RIGHT = new Set(['proto', 'in', 'out', 'packets', 'bytes', 'rate'])
const cell = (title: string, width: number, value: string): string =>
  RIGHT.has(title) ? value.padStart(width) : value.padEnd(width)

const TABLE_PRINTER: Printer = {
  head: `${TABLE.map(([title, width]) => cell(title, width, title)).join(' ')}\n`,
  line: (record) => {
    if (record.kind !== undefined) return `${record.kind} ${JSON.stringify({ ...record, kind: undefined })}\n`
    const cells = TABLE.map(([title, width, key]) => cell(title, width, String(key(record) ?? '')))
    return `${cells.join(' ').trimEnd()}\n`
  },
}

function printerOf(given: DecodeArguments): Printer {
  return given.format === 'jsonl' ? JSON_LINES : given.format === 'csv' ? csvPrinter(given) : TABLE_PRINTER
}

/** Writes, and waits while the reader is slower. */
async function write(out: CommandIo['stdout'], text: string): Promise<void> {
  if (text !== '' && !out.write(text)) await once(out, 'drain')
}

/**
 * Decodes the files as one session; what a broken file gives up to its break is kept. Gives what went wrong
 * with files.
 */
async function decodeFiles(
  session: OfflineSession,
  given: DecodeArguments,
  io: CommandIo,
): Promise<string[]> {
  const faults: string[] = []
  const printer = printerOf(given)
  const print = (records: readonly OfflineRecord[]) => write(io.stdout, records.map(printer.line).join(''))
  await write(io.stdout, printer.head)
  for (const file of given.files) {
    try {
      for (const datagram of new CaptureReader(file).datagrams()) {
        const records = session.take(datagram, datagram.session)
        if (records.length > 0) await print(records)
      }
    } catch (error) {
      const expected = error instanceof CaptureError || (error as NodeJS.ErrnoException).syscall !== undefined
      if (!expected) throw error
      const { code } = error as { code?: string }
      faults.push(code ?? 'capture_invalid')
      io.stderr.write(`${file}: ${(error as Error).message}\n`)
    }
  }
  await print(session.end())
  return faults
}

/** `vigie decode`: the last line on stderr is the summary as JSON. */
export async function decodeCommand(args: string[], io: CommandIo): Promise<number> {
  const given = readArguments(args, io.stdout.isTTY === true, io.env)
  const { ie, all: everything, named, sflowBytes } = given
  const session = new OfflineSession({ ie, all: everything, sflowBytes, ...(named && { named }) })
  const faults = await decodeFiles(session, given, io)
  const { errors, ...counts } = session.summary
  const all: Record<string, number> = { ...errors }
  for (const code of faults) all[code] = (all[code] ?? 0) + 1
  io.stderr.write(`${JSON.stringify({ ...counts, errors: all })}\n`)
  return Object.keys(all).length > 0 ? 1 : 0
}
