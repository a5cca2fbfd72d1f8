import type { FlowBlock } from '../../model/flow_block.js'
import { COL, EXPORT_PROTOCOLS, FLOW_COLUMNS } from '../../model/flow_columns.js'
import type { FrameEntry } from '../../model/frame.js'
import type { DatagramHeader } from './datagram_header.js'
import { flowJson } from './flow_json.js'
import type { DecodedRun, FrameDecoderOptions } from './frame_decoder.js'
import type { FlowLearner } from './learner.js'
import type { NameTables } from './name_tables.js'
import type { OfflineOptions } from './offline.js'
import { type ElementValues, RecordElements } from './record_elements.js'
import { describeSflow5, type Sflow5Description } from './sflow5_description.js'
import { recordBytes } from './template.js'
import { addressText, timeText } from './value_text.js'

/** A line of `vigie decode`: a canonical flow, or with `--all` something else whose `kind` says what. */
export type OfflineRecord = Record<string, unknown>

const PROTOCOL_NAMES = new Map(Object.entries(EXPORT_PROTOCOLS).map(([name, code]) => [code as number, name]))

interface Pending {
  readonly record: OfflineRecord
  readonly exporter: Uint8Array
  readonly appKey: bigint
}

/**
 * Turns what a frame decoder sees into records: the columns as they were written, and the fields that have
 * none.
 */
export class OfflinePrinter {
  readonly hooks: FrameDecoderOptions
  readonly #options: OfflineOptions
  readonly #learner: FlowLearner
  #pending: Pending[] = []
  #sflow: { entry: FrameEntry; samples: Sflow5Description[] } | undefined

  constructor(options: OfflineOptions, learner: FlowLearner) {
    this.#options = options
    this.#learner = learner
    this.hooks = {
      onRun: (run) => this.#flows(run),
      onOptions: (run) => this.#optionsRecords(run),
      onSflowRun: (entry, block, row, first) => this.#samples(entry, block, row, first),
      onSflow: (entry) => this.#sflowRecords(entry),
    }
  }

  /** The records of the frames decoded since the last call, with the names that are known by now. */
  take(names: NameTables): OfflineRecord[] {
    const pending = this.#pending
    this.#pending = []
    return pending.map((p) => withNames(p, names))
  }

  #flows(run: DecodedRun): void {
    const { entry, compiled, block, row, records, end } = run
    const { template } = compiled
    const carried = new Uint8Array(FLOW_COLUMNS.length)
    for (const column of compiled.carried) carried[column] = 1
    const elements = this.#elements(run)
    let at = run.start
    for (let r = row; r < row + records; r++) {
      const record: OfflineRecord = flowJson(block, r, carried)
      if (this.#options.ie) {
        const ie: ElementValues = {}
        elements.read(template, entry.datagram, at, end, ie)
        record.ie = ie
      }
      this.#add(record, entry, block, r)
      at += recordBytes(template, entry.datagram, at, end)
    }
  }

  #add(record: OfflineRecord, entry: FrameEntry, block: FlowBlock, row: number): void {
    const words = block.words[COL.app_key!]!
    const known = block.touched[COL.app_key!] === 1
    const appKey = known ? (BigInt(words[2 * row + 1]!) << 32n) | BigInt(words[2 * row]!) : 0n
    this.#pending.push({ record, exporter: entry.exporter, appKey })
  }

  #elements(run: Pick<DecodedRun, 'entry' | 'header'>): RecordElements {
    const { version, domain } = run.header
    const { exporter, exporterPort } = run.entry
    const find = (id: number) => this.#learner.template(exporter, version, domain, id, exporterPort)
    return new RecordElements(find, this.#options.named)
  }

  #optionsRecords(run: Omit<DecodedRun, 'block' | 'row'>): void {
    if (!this.#options.all) return
    const { entry, header, compiled, end } = run
    const elements = this.#elements(run)
    let at = run.start
    for (let i = 0; i < run.records; i++) {
      const scope: ElementValues = {}
      const ie: ElementValues = {}
      at = elements.read(compiled.template, entry.datagram, at, end, ie, scope)
      const record = { kind: 'options', ...origin(entry, header), scope, ie }
      this.#pending.push({ record, exporter: entry.exporter, appKey: 0n })
    }
  }

  #describe(entry: FrameEntry): Sflow5Description[] {
    if (this.#sflow?.entry !== entry) this.#sflow = { entry, samples: describeSflow5(entry.datagram) }
    return this.#sflow.samples
  }

  #samples(entry: FrameEntry, block: FlowBlock, row: number, first: number): void {
    const samples = this.#options.ie ? this.#describe(entry).filter((s) => s.kind === 'flow') : []
    for (let r = row; r < block.rows; r++) {
      const record: OfflineRecord = flowJson(block, r)
      if (this.#options.ie) record.ie = samples[first + r - row]?.fields ?? {}
      this.#add(record, entry, block, r)
    }
  }

  #sflowRecords(entry: FrameEntry): void {
    if (!this.#options.all) return
    for (const { kind, fields } of this.#describe(entry)) {
      if (kind === 'flow') continue
      const record = {
        kind,
        time_received: timeText(entry.receivedUs / 1000),
        export_protocol: 'sflow5',
        exporter_addr: addressText(entry.exporter, 0),
        ...fields,
      }
      this.#pending.push({ record, exporter: entry.exporter, appKey: 0n })
    }
  }
}

function origin(entry: FrameEntry, header: Readonly<DatagramHeader>): OfflineRecord {
  return {
    time_received: timeText(entry.receivedUs / 1000),
    export_protocol: PROTOCOL_NAMES.get(header.version),
    exporter_addr: addressText(entry.exporter, 0),
    observation_domain: header.domain,
  }
}

/** Adds the names of numbers that the exporter has told; what the record itself carries stays. */
function withNames({ record, exporter, appKey }: Pending, names: NameTables): OfflineRecord {
  const add = (key: string, name: string | undefined) => {
    if (name !== undefined && record[key] === undefined) record[key] = name
  }
  if (appKey !== 0n) add('app_name', names.find(exporter, 'application', appKey))
  const ifName = (n: unknown) =>
    typeof n === 'number' && n > 0 ? names.find(exporter, 'interface', BigInt(n)) : undefined
  add('in_if_name', ifName(record.in_if))
  add('out_if_name', ifName(record.out_if))
  if (record.ie !== undefined) {
    const { ie } = record
    delete record.ie
    record.ie = ie
  }
  return record
}
