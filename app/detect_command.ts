import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { parseArgs } from 'node:util'
import { createGunzip } from 'node:zlib'
import { Catalogue } from '../detect/catalogue.js'
import { FlowEngine } from '../detect/flow_engine.js'
import { Observer } from '../detect/observer.js'
import { toOcsf } from '../detect/ocsf.js'
import { biflowParser, touchBiflow } from '../detect/offline/biflow_csv.js'
import { canonicalParser } from '../detect/offline/flow_row.js'
import { FrameCutter } from '../detect/offline/frame_cutter.js'
import { SampleOrder, sampleOf } from '../detect/offline/sample_order.js'
import { SampleEngine } from '../detect/sample_engine.js'
import { SERVICES } from '../detect/services/index.js'
import { subscribersOf } from '../detect/subscribers.js'
import { EdgePlaces } from '../enrich/edge/place.js'
import { Enricher } from '../enrich/stages/enricher.js'
import { buildTables } from '../enrich/tables/build_tables.js'
import { FeedError } from '../enrich/threat/indicator.js'
import type { ThreatView } from '../enrich/threat/threat_view.js'
import type { Finding, FindingMark } from '../model/finding.js'
import { EMPTY_SNAPSHOT, type RegistrySnapshot } from '../model/registry.js'
import { type CommandIo, languageOf, UsageError } from './io.js'
import { readMarks } from './marks_file.js'
import { offlineThreats } from './offline_threats.js'
import { readRegistry } from './registry_file.js'
import { version } from './version.js'

/** Rows that wait for their turn: how far out of order a file may be. */
const REORDER_ROWS = 65_536
const BLOCK_ROWS = 8_192

interface Texts {
  readonly noFile: string
  feed(id: string): string
  feeds(why: string): string
  service(id: string): string
  registry(file: string, why: string): string
  marks(file: string, why: string): string
  header(file: string): string
  line(file: string, line: number): string
  bad(n: number): string
}

const TEXTS: Readonly<Record<'fr' | 'en', Texts>> = {
  fr: {
    noFile:
      'aucun fichier : nommer des fichiers de flux ou de mesures de liens (« - » pour l’entrée standard)',
    feed: (id: string) => `source de renseignement ${id} : n’est pas un fichier, laissée de côté`,
    feeds: (why: string) => `sources de renseignement : ${why}`,
    service: (id: string) =>
      `service inconnu : « ${id} »; services : ${SERVICES.map((s) => s.id).join(', ')}`,
    registry: (file: string, why: string) => `registre ${file} : ${why}`,
    marks: (file: string, why: string) => `marques ${file} : ${why}`,
    header: (file: string) =>
      `${file} : la première ligne n’est ni un flux ou une mesure en JSON ni l’en-tête des flux bidirectionnels`,
    line: (file: string, line: number) => `${file}, ligne ${line} : illisible, écartée`,
    bad: (n: number) => `${n} ligne(s) écartée(s)`,
  },
  en: {
    noFile: "no file: name files of flows or link samples ('-' for standard input)",
    feed: (id: string) => `threat feed ${id}: not a file, left out`,
    feeds: (why: string) => `threat feeds: ${why}`,
    service: (id: string) => `unknown service '${id}'; services: ${SERVICES.map((s) => s.id).join(', ')}`,
    registry: (file: string, why: string) => `registry ${file}: ${why}`,
    marks: (file: string, why: string) => `marks ${file}: ${why}`,
    header: (file: string) =>
      `${file}: the first line is neither a flow or sample in JSON nor the header of biflows`,
    line: (file: string, line: number) => `${file}, line ${line}: cannot be read, left out`,
    bad: (n: number) => `${n} line(s) left out`,
  },
}

/** `vigie detect`: recorded flows and link samples through the engines of the live pipeline, findings to stdout. */
export async function detectCommand(args: string[], io: CommandIo): Promise<number> {
  const text = TEXTS[languageOf(io.env)]
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      services: { type: 'string' },
      registry: { type: 'string' },
      marks: { type: 'string' },
      brief: { type: 'boolean', default: false },
    },
  })
  if (positionals.length === 0) throw new UsageError(text.noFile)
  const ids = values.services?.split(',') ?? SERVICES.map((s) => s.id)
  for (const id of ids) if (!SERVICES.some((s) => s.id === id)) throw new UsageError(text.service(id))
  const snapshot =
    values.registry === undefined ? EMPTY_SNAPSHOT : readRegistry(values.registry, text.registry)
  const lang = languageOf(io.env)
  const options = { services: SERVICES, productVersion: version(), lang }
  const emit = (findings: readonly Finding[]): void => {
    for (const f of findings) io.stdout.write(`${JSON.stringify(values.brief ? f : toOcsf(f, options))}\n`)
  }
  const threats =
    values.registry === undefined ? undefined : await readThreats(snapshot, values.registry, io, text)
  const marks = values.marks === undefined ? [] : readMarks(values.marks, text.marks)
  const detection = startDetection(ids, snapshot, threats, marks, emit)
  let bad = 0
  for (const file of positionals) bad += await readFile(file, detection, io, text)
  detection.end()
  if (bad > 0) io.stderr.write(`vigie: ${text.bad(bad)}\n`)
  return bad > 0 ? 1 : 0
}

interface Detection {
  readonly cutter: FrameCutter
  readonly samples: SampleOrder
  end(): void
}

/** The same observer and engines as live, on frames cut out of the recording, and on samples in their order. */
function startDetection(
  ids: readonly string[],
  snapshot: RegistrySnapshot,
  threats: ThreatView | undefined,
  marks: readonly FindingMark[],
  emit: (findings: readonly Finding[]) => void,
): Detection {
  const numbers = snapshot.ids
  const catalogue = new Catalogue({
    services: SERVICES.filter((s) => ids.includes(s.id)),
    ...subscribersOf(snapshot),
  })
  const names = (section: 'organizations' | 'sites'): Map<number, string> =>
    new Map(Object.entries(numbers[section]).map(([id, number]) => [number, id]))
  const orgs = names('organizations')
  const sites = names('sites')
  const named = { orgName: (id: number) => orgs.get(id), siteName: (id: number) => sites.get(id) }
  const links = new SampleEngine({ catalogue, ...named })
  const places = new EdgePlaces(snapshot)
  const engine = new FlowEngine({
    catalogue,
    ...named,
    threat: (number) => threats?.nameOf(number),
  })
  const enricher = new Enricher({ ...buildTables(snapshot), ...(threats && { threats: threats.tables }) })
  const observer = new Observer(catalogue.observed(), BLOCK_ROWS)
  let sequence = 0
  let marked = 0
  // As live: a mark is heard between two frames, at the moment when it was given.
  const hear = (): void => {
    while (marked < marks.length && marks[marked]!.time <= engine.nowMs) emit(engine.mark(marks[marked++]!))
  }
  const cutter = new FrameCutter({
    reorderRows: REORDER_ROWS,
    blockRows: BLOCK_ROWS,
    onBlock: (block) => {
      enricher.enrich(block)
      observer.observe(block)
    },
    onFrame: (closedMs) => {
      hear()
      emit(engine.apply(++sequence, observer.take(closedMs)))
    },
  })
  const samples = new SampleOrder({
    reorderRecords: REORDER_ROWS,
    place: (record) => places.placeOf(record, { way: 'http', source: 'file' }),
    onPayload: (payload) => emit(links.apply(payload)),
  })
  return {
    cutter,
    samples,
    end: () => {
      cutter.end()
      hear()
      emit(engine.advance(engine.nowMs))
      samples.end()
      emit(links.advance(links.nowMs))
    },
  }
}

async function readThreats(
  { registry }: RegistrySnapshot,
  file: string,
  io: CommandIo,
  text: Texts,
): Promise<ThreatView | undefined> {
  try {
    return await offlineThreats(registry.feeds, file, ({ id }) =>
      io.stderr.write(`vigie: ${text.feed(id)}\n`),
    )
  } catch (error) {
    if (error instanceof FeedError) throw new UsageError(text.feeds(error.message))
    throw error
  }
}

/** Reads one file of flows, samples, or both; the number of lines that could not be read. */
async function readFile(
  file: string,
  { cutter, samples }: Detection,
  io: CommandIo,
  text: Texts,
): Promise<number> {
  let bad = 0
  let number = 0
  let parse = canonicalParser
  let prepare: typeof touchBiflow | undefined
  for await (const line of linesOf(file)) {
    number++
    if (line.trim() === '') continue
    if (number === 1 && !line.startsWith('{')) {
      const biflows = biflowParser(line)
      if (biflows === undefined) throw new UsageError(text.header(file))
      parse = biflows
      prepare = touchBiflow
      continue
    }
    const sample = prepare === undefined ? sampleOf(line) : undefined
    if (sample === undefined ? cutter.add(line, parse, prepare) !== undefined : samples.add(sample)) continue
    bad++
    if (bad <= 5) io.stderr.write(`vigie: ${text.line(file, number)}\n`)
  }
  return bad
}

function linesOf(file: string): AsyncIterable<string> {
  const bytes = file === '-' ? process.stdin : createReadStream(file)
  const input: Readable = file.endsWith('.gz') ? bytes.pipe(createGunzip()) : bytes
  // A file that does not open ends the reader with its error, through the unzipping or not.
  if (input !== bytes) bytes.on('error', (error: Error) => input.destroy(error))
  return createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })
}
