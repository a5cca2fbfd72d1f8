import { userInfo } from 'node:os'
import { parseArgs } from 'node:util'
import { SERVICES } from '../detect/services/index.js'
import { NatsFindingFeedback } from '../ingest/bus/finding_feedback.js'
import { type FindingMark, VERDICTS, type Verdict } from '../model/finding.js'
import { type StoreReader, storeReader } from './ask_store.js'
import { readConfig } from './config/vigie_config.js'
import type { VigieConfig } from './config/vigie_schema.js'
import { withBus } from './connect_bus.js'
import { type FindingFile, findingFile, findUids, listFindings, storedMarks } from './finding_queries.js'
import { findingText } from './finding_text.js'
import { FINDINGS_TEXTS } from './findings_texts.js'
import { type CommandIo, type Language, languageOf, UsageError } from './io.js'
import { createLogger } from './logger.js'
import { askMarks } from './marks_service.js'
import { momentOf } from './moments.js'
import { formatOf, renderRows } from './rows.js'

const OPTIONS = {
  open: { type: 'boolean', default: false },
  service: { type: 'string' },
  org: { type: 'string' },
  since: { type: 'string' },
  limit: { type: 'string', default: '100' },
  comment: { type: 'string' },
  until: { type: 'string' },
  by: { type: 'string' },
  format: { type: 'string' },
  config: { type: 'string' },
} as const

const ACTIONS = ['list', 'show', 'mark', 'unmark', 'marks'] as const
const COMMENT_MAX = 1000
const LIMIT_MAX = 10_000
/** A list without --since is one of the last day; all that is open, with --open. */
const SINCE = '24h'

interface Call {
  readonly config: VigieConfig
  readonly store: StoreReader
  readonly io: CommandIo
  readonly lang: Language
  readonly values: ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values']
  readonly nowMs: number
}

/** `vigie findings list|show|mark|unmark|marks` */
export async function findingsCommand(args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({ args, options: OPTIONS, allowPositionals: true })
  const [action = 'list', uid, verdict] = positionals
  const lang = languageOf(io.env)
  const texts = FINDINGS_TEXTS[lang]
  if (!ACTIONS.includes(action as 'list'))
    throw new UsageError(texts.unknownAction(action, ACTIONS.join(', ')))
  if (uid === undefined && action !== 'list' && action !== 'marks') throw new UsageError(texts.which(action))
  const { config } = readConfig(values.config === undefined ? [] : ['--config', values.config], io)
  const store = storeReader(config.clickhouse_url)
  const call: Call = { config, store, io, lang, values, nowMs: Date.now() }
  try {
    if (action === 'list') return await list(call)
    if (action === 'marks') return await marks(call)
    if (action === 'show') return await show(call, uid!)
    return await mark(call, uid!, action === 'unmark' ? 'none' : verdictOf(verdict, lang))
  } finally {
    await store.close()
  }
}

const spoken = (verdict: string): string => verdict.replaceAll('_', '-')

function verdictOf(said: string | undefined, lang: Language): Verdict {
  const texts = FINDINGS_TEXTS[lang]
  const known = VERDICTS.map(spoken).join(', ')
  if (said === undefined) throw new UsageError(texts.whichVerdict(known))
  const verdict = VERDICTS.find((v) => v === said || spoken(v) === said)
  if (verdict === undefined) throw new UsageError(texts.badVerdict(said, known))
  return verdict
}

async function list({ store, io, lang, values, nowMs }: Call): Promise<number> {
  const texts = FINDINGS_TEXTS[lang]
  const { open, service, org } = values
  const known = SERVICES.map(({ id }) => id)
  if (service !== undefined && !known.includes(service))
    throw new UsageError(texts.badService(service, known.join(', ')))
  const limit = Number(values.limit)
  if (!Number.isInteger(limit) || limit < 1 || limit > LIMIT_MAX)
    throw new UsageError(texts.badLimit(values.limit))
  const since = values.since ?? (open ? undefined : SINCE)
  const sinceMs = since === undefined ? undefined : momentOf(since, nowMs, -1)
  if (since !== undefined && sinceMs === undefined) throw new UsageError(texts.badTime('--since', since))
  const found = await listFindings(store, {
    open,
    limit,
    ...(service !== undefined && { service }),
    ...(org !== undefined && { org }),
    ...(sinceMs !== undefined && { sinceMs }),
  })
  const rows = found.slice(0, limit).map(({ title_fr, title_en, ...row }) => ({
    ...row,
    title: lang === 'fr' ? title_fr : title_en,
  }))
  io.stdout.write(renderRows(rows, formatOf(values.format, io)))
  if (found.length === 0) io.stderr.write(`${texts.none}\n`)
  if (found.length > limit) io.stderr.write(`${texts.more(limit)}\n`)
  return 0
}

/** The finding that a uid, or the beginning of one, names. */
async function find({ store, lang }: Call, start: string): Promise<FindingFile> {
  const texts = FINDINGS_TEXTS[lang]
  const uids = await findUids(store, start)
  const [uid] = uids
  if (uid === undefined) throw new UsageError(texts.notFound(start))
  if (uids.length > 1 && uid !== start) throw new UsageError(texts.several(start, uids.join(', ')))
  return (await findingFile(store, uid))!
}

async function show(call: Call, uid: string): Promise<number> {
  const { io, lang, values } = call
  const file = await find(call, uid)
  const table = formatOf(values.format, io) === 'table'
  io.stdout.write(table ? findingText(file, lang) : `${JSON.stringify(file)}\n`)
  return 0
}

async function mark(call: Call, start: string, verdict: FindingMark['verdict']): Promise<number> {
  const { config, io, lang, values, nowMs } = call
  const texts = FINDINGS_TEXTS[lang]
  const until = values.until === undefined ? undefined : momentOf(values.until, nowMs, 1)
  if (values.until !== undefined && until === undefined)
    throw new UsageError(texts.badTime('--until', values.until))
  if (until !== undefined && until <= nowMs) throw new UsageError(texts.past(values.until!))
  const { finding } = await find(call, start)
  const given: FindingMark = {
    finding: finding.uid,
    verdict,
    by: `operator:${values.by ?? userInfo().username}`,
    time: nowMs,
    origin: 'console',
    ...(finding.org !== undefined && { org: finding.org }),
    ...(until !== undefined && { until }),
    ...(values.comment !== undefined && { comment: values.comment.slice(0, COMMENT_MAX) }),
  }
  await withBus(config.bus, 'vigie findings', (bus) =>
    new NatsFindingFeedback({ bus, logger: createLogger('vigie findings', 'error') }).give([given]),
  )
  const end = until ?? nowMs + config.detector.mark_days * 86_400_000
  const holds = verdict === 'false_positive' || verdict === 'expected' ? dayOf(end) : ''
  io.stdout.write(
    `${verdict === 'none' ? texts.unmarked(finding.uid) : texts.marked(finding.uid, verdict, holds)}\n`,
  )
  return 0
}

const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10)
const timeOf = (ms: number): string => (ms === 0 ? '' : new Date(ms).toISOString())

/** The marks in force: as the detector has them, with what they kept quiet; else as the store has them. */
async function marks({ config, store, io, lang, values, nowMs }: Call): Promise<number> {
  const texts = FINDINGS_TEXTS[lang]
  const held = await withBus(config.bus, 'vigie findings', (bus) => askMarks(bus, config.detector.shards))
  if (held === undefined) io.stderr.write(`${texts.detectorAway}\n`)
  const rows = held
    ? held.map(({ marked, until, last_suppressed, ...row }) => ({
        ...row,
        time: timeOf(marked),
        until: timeOf(until),
        last_suppressed: timeOf(last_suppressed),
      }))
    : await storedMarks(store, nowMs)
  io.stdout.write(renderRows(rows, formatOf(values.format, io)))
  if (rows.length === 0) io.stderr.write(`${texts.noMarks}\n`)
  return 0
}
