import { COL, FLOW_COLUMNS, KIND_WIDTH } from '../../model/flow_columns.js'
import { varuintBytes, writeVaruint } from './native.js'

/**
 * The blocks of a batch, one of each frame, as one: ClickHouse reads one block of 200,000 rows at four fifths of the cost of
 * twenty of 10,000, for each block costs it all columns of the table, and the blocks are laid together anyway.
 *
 * ```
 * block 1:  a a a  b b b  c c c        one block:  a a a a a  b b b b b  c c c c c
 * block 2:  a a    b b    c c
 * ```
 *
 * No value is looked at: columns are runs of bytes of a known width. Neighbours with the same columns are merged; a block
 * with texts, whose dictionary is its own, or one that is not of flows, stays as it is.
 * @returns pieces that follow one another, most of them views of the blocks
 */
export function mergeNative(blocks: readonly Uint8Array[]): Uint8Array[] {
  const pieces: Uint8Array[] = []
  let run: FlowColumns[] = []
  const flush = (): void => {
    if (run.length > 0) pieces.push(...laidTogether(run))
    run = []
  }
  for (const block of blocks) {
    const columns = block.length === 0 ? undefined : columnsOf(block)
    if (columns === undefined || (run.length > 0 && run[0]!.signature !== columns.signature)) flush()
    if (columns !== undefined) run.push(columns)
    else if (block.length > 0) pieces.push(block)
  }
  flush()
  return pieces
}

/** Where the parts of a block lie. */
interface FlowColumns {
  readonly rows: number
  /** The same for blocks with the same columns. */
  readonly signature: string
  /** Of each column its name and type, as bytes, and its values. */
  readonly headers: readonly Uint8Array[]
  readonly values: readonly Uint8Array[]
}

/** The columns of a block of flows; undefined for any other block, and for one with texts. */
function columnsOf(block: Uint8Array): FlowColumns | undefined {
  const bytes = Buffer.from(block.buffer, block.byteOffset, block.byteLength)
  let at = 0
  const varuint = (): number => {
    let value = 0
    for (let scale = 1; at < bytes.length; scale *= 0x80) {
      const byte = bytes[at++]!
      value += (byte & 0x7f) * scale
      if (byte < 0x80) break
    }
    return value
  }
  const text = (): string => {
    const length = varuint()
    at += length
    return bytes.toString('latin1', at - length, at)
  }
  const columns = varuint()
  const rows = varuint()
  const headers: Uint8Array[] = []
  const values: Uint8Array[] = []
  let signature = ''
  for (let c = 0; c < columns; c++) {
    const from = at
    const name = text()
    const type = text()
    const column = FLOW_COLUMNS[COL[name] ?? -1]
    if (column === undefined || column.type !== type || column.kind === 'string') return undefined
    signature += `${name} `
    headers.push(block.subarray(from, at))
    const end = at + rows * KIND_WIDTH[column.kind]
    values.push(block.subarray(at, end))
    at = end
  }
  return at === block.length && columns > 0 ? { rows, signature, headers, values } : undefined
}

function laidTogether(run: readonly FlowColumns[]): Uint8Array[] {
  const [first] = run
  const { headers } = first!
  const rows = run.reduce((sum, block) => sum + block.rows, 0)
  const head = new Uint8Array(varuintBytes(headers.length) + varuintBytes(rows))
  writeVaruint(head, writeVaruint(head, 0, headers.length), rows)
  return [head, ...headers.flatMap((header, c) => [header, ...run.map((block) => block.values[c]!)])]
}

/**
 * Pieces put together to buffers of about `bytes`: a write to a socket costs as much as the copy of some tens of kilobytes.
 * Longer pieces go as they are.
 */
export function* gather(pieces: Iterable<Uint8Array>, bytes = 1 << 20): Generator<Buffer> {
  let buffer = Buffer.allocUnsafeSlow(bytes)
  let filled = 0
  for (const piece of pieces) {
    if (filled + piece.length > bytes && filled > 0) {
      yield buffer.subarray(0, filled)
      buffer = Buffer.allocUnsafeSlow(bytes)
      filled = 0
    }
    if (piece.length > bytes) yield Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength)
    else {
      buffer.set(piece, filled)
      filled += piece.length
    }
  }
  if (filled > 0) yield buffer.subarray(0, filled)
}
