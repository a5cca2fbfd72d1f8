import { once } from 'node:events'
import { readFileSync, statSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { type Normalised, normalisePayload, PAYLOAD_CHARACTERS_MAX } from '../ingest/edge/normalise.js'
import type { EdgeVendor } from '../ingest/edge/vendor.js'
import { mappedVendor } from '../ingest/edge/vendors/generic.js'
import { EDGE_VENDORS } from '../ingest/edge/vendors/index.js'
import { EDGE_RECORD_KEYS } from '../model/edge_record.js'
import { type CommandIo, UsageError } from './io.js'
import { formatOf, type Row, renderRows } from './rows.js'

const OPTIONS = {
  vendor: { type: 'string' },
  format: { type: 'string' },
  mapping: { type: 'string' },
  device: { type: 'string' },
  site: { type: 'string' },
} as const

interface NormalizeArguments {
  readonly files: readonly string[]
  readonly vendor: string
  readonly vendors: readonly EdgeVendor[]
  readonly origin: { readonly device?: string; readonly site?: string }
  readonly format: ReturnType<typeof formatOf>
}

function readArguments(args: string[], io: CommandIo): NormalizeArguments {
  const { values, positionals } = parseArgs({ args, options: OPTIONS, allowPositionals: true })
  if (positionals.length === 0) throw new UsageError('vigie normalize needs at least one file (- for stdin)')
  const mapped = values.mapping === undefined ? undefined : readMapping(values.mapping)
  const vendor = mapped?.id ?? values.vendor
  if (vendor === undefined)
    throw new UsageError("vigie normalize needs --vendor ID or --vendor auto: 'vigie vendors' lists the ids")
  if (mapped === undefined && vendor !== 'auto' && !EDGE_VENDORS.some(({ id }) => id === vendor))
    throw new UsageError(`--vendor ${vendor}: no such vendor; 'vigie vendors' lists the ids`)
  return {
    files: positionals,
    vendor,
    vendors: mapped === undefined ? EDGE_VENDORS : [mapped],
    origin: {
      ...(values.device !== undefined && { device: values.device }),
      ...(values.site !== undefined && { site: values.site }),
    },
    format: formatOf(values.format, io),
  }
}

function readMapping(file: string): EdgeVendor {
  try {
    return mappedVendor(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new UsageError(`--mapping ${file}: ${(error as Error).message}`)
  }
}

/** The text of a file, or undefined where it is too large or cannot be read; why is said. */
function textOf(file: string, io: CommandIo): string | undefined {
  try {
    // A character takes at least a byte: what is within the bound of bytes is within that of characters.
    if (file !== '-' && statSync(file).size > PAYLOAD_CHARACTERS_MAX) {
      io.stderr.write(`${file}: larger than ${PAYLOAD_CHARACTERS_MAX} bytes: split it\n`)
      return undefined
    }
    return readFileSync(file === '-' ? 0 : file, 'utf8')
  } catch (error) {
    io.stderr.write(`${file}: ${(error as Error).message}\n`)
    return undefined
  }
}

function tellRejects(file: string, { rejects }: Normalised, io: CommandIo): void {
  for (const { place, message } of rejects)
    io.stderr.write(`${file}: ${place === '' ? '' : `${place}: `}${message}\n`)
}

/** Columns of a table: those that some record fills, in the order of the contract. */
const columnsOf = (rows: readonly Row[]): string[] =>
  EDGE_RECORD_KEYS.filter((key) => rows.some((row) => row[key] !== undefined))

/**
 * `vigie normalize --vendor ID|auto FILE…`: SD-WAN payloads to canonical samples and events. Each file is one
 * payload. 1 when a part of the input was not read, each said on stderr with its place.
 */
export async function normalizeCommand(args: string[], io: CommandIo): Promise<number> {
  const { files, vendor, vendors, origin, format } = readArguments(args, io)
  let status = 0
  const rows: Row[] = []
  for (const file of files) {
    const text = textOf(file, io)
    if (text === undefined) {
      status = 1
      continue
    }
    const result = normalisePayload(text, { vendor, vendors, origin })
    if (result.rejects.length > 0) status = 1
    tellRejects(file, result, io)
    if (format !== 'jsonl') rows.push(...result.records)
    else if (!io.stdout.write(renderRows(result.records, format))) await once(io.stdout, 'drain')
  }
  if (format !== 'jsonl') io.stdout.write(renderRows(rows, format, columnsOf(rows)))
  return status
}
