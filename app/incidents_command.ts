import { randomUUID } from 'node:crypto'
import { userInfo } from 'node:os'
import { parseArgs } from 'node:util'
import type { Bus } from '../ingest/bus/bus.js'
import {
  CLOSING_CODES,
  type ClosingCode,
  INCIDENT_STATES,
  type Incident,
  type RemoteEvent,
} from '../model/incident.js'
import { askItsm } from './ask_itsm.js'
import { storeReader } from './ask_store.js'
import { readConfig } from './config/vigie_config.js'
import { withBus } from './connect_bus.js'
import { type CommandIo, type Language, languageOf, UsageError } from './io.js'
import { ITSM_TEXTS } from './itsm_texts.js'
import { durationOf } from './moments.js'
import { formatOf, type Row, renderRows } from './rows.js'

const OPTIONS = {
  state: { type: 'string', multiple: true },
  org: { type: 'string' },
  site: { type: 'string' },
  service: { type: 'string' },
  for: { type: 'string' },
  code: { type: 'string', default: 'fixed' },
  comment: { type: 'string' },
  by: { type: 'string' },
  end: { type: 'string' },
  limit: { type: 'string', default: '100' },
  format: { type: 'string' },
  config: { type: 'string' },
} as const

const ACTIONS = 'list, show, ack, resolve, silence, silences'

type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values']

interface Call {
  readonly bus: Bus
  readonly io: CommandIo
  readonly lang: Language
  readonly values: Values
  readonly storeUrl: string
}

const timeOf = (ms: number | undefined): string =>
  ms === undefined ? '' : new Date(ms).toISOString().replace('T', ' ').slice(0, 19)

const row = (i: Incident, lang: Language): Row => ({
  number: i.number,
  priority: i.priority,
  state: i.state,
  opened: timeOf(i.opened),
  org: i.org ?? '',
  site: i.site ?? '',
  findings: i.findings,
  group: i.group,
  tickets: Object.values(i.remotes)
    .map(({ number }) => number)
    .join(' '),
  title: i.title[lang],
})

/** `vigie incidents list|show|ack|resolve|silence` */
export async function incidentsCommand(args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({ args, options: OPTIONS, allowPositionals: true })
  const [action = 'list', name] = positionals
  const lang = languageOf(io.env)
  const texts = ITSM_TEXTS[lang]
  const { config } = readConfig(values.config === undefined ? [] : ['--config', values.config], io)
  const needsName = action === 'show' || action === 'ack' || action === 'resolve'
  if (!ACTIONS.split(', ').includes(action))
    throw new UsageError(texts.unknownAction('incidents', action, ACTIONS))
  if (needsName && name === undefined) throw new UsageError(texts.which(action))
  return withBus(config.bus, 'vigie incidents', (bus) => {
    const call: Call = { bus, io, lang, values, storeUrl: config.clickhouse_url }
    if (action === 'show') return show(call, name!)
    if (action === 'ack') return acknowledge(call, name!)
    if (action === 'resolve') return resolve(call, name!)
    if (action === 'silences') return silences(call)
    return action === 'silence' ? silence(call) : list(call)
  })
}

async function list({ bus, io, lang, values }: Call): Promise<number> {
  const texts = ITSM_TEXTS[lang]
  const states = values.state ?? INCIDENT_STATES.filter((state) => state !== 'closed' && state !== 'resolved')
  const limit = Number(values.limit) || 100
  const org = values.org
  const said = await askItsm(bus, { ask: 'list', states, limit, ...(org !== undefined && { org }) })
  const { incidents, more } = 'incidents' in said ? said : { incidents: [], more: 0 }
  const format = formatOf(values.format, io)
  io.stdout.write(
    renderRows(
      incidents.map((i) => row(i, lang)),
      format,
    ),
  )
  if (incidents.length === 0) io.stderr.write(`${texts.none}\n`)
  if (more > 0) io.stderr.write(`${texts.more(more)}\n`)
  return 0
}

/** The incident as the role has it; one that is closed comes from the store. */
async function find({ bus, lang, storeUrl }: Call, name: string): Promise<Incident> {
  const said = await askItsm(bus, { ask: 'show', incident: name })
  const [found] = 'incidents' in said ? said.incidents : []
  if (found !== undefined) return found
  const store = storeReader(storeUrl)
  try {
    const quoted = `'${name.replaceAll(/[\\']/g, '\\$&')}'`
    const [stored] = await store.rows<{ brief: string }>(
      `SELECT brief FROM vigie.incidents FINAL WHERE number = ${quoted} OR uid = ${quoted} LIMIT 1`,
    )
    if (stored !== undefined) return JSON.parse(stored.brief) as Incident
  } finally {
    await store.close()
  }
  throw new UsageError(ITSM_TEXTS[lang].notFound(name))
}

async function show(call: Call, name: string): Promise<number> {
  call.io.stdout.write(`${JSON.stringify(await find(call, name), undefined, 2)}\n`)
  return 0
}

const operator = ({ values }: Call): string => `operator:${values.by ?? userInfo().username}`

async function give(call: Call, incident: Incident, event: Partial<RemoteEvent>): Promise<void> {
  const { comment } = call.values
  const said = { id: randomUUID(), incident: incident.uid, time: Date.now(), ...event }
  await askItsm(call.bus, {
    ask: 'event',
    by: operator(call),
    event: { ...said, ...(comment !== undefined && { comment }) },
  })
}

async function acknowledge(call: Call, name: string): Promise<number> {
  const incident = await find(call, name)
  await give(call, incident, { acknowledged: true })
  call.io.stdout.write(`${ITSM_TEXTS[call.lang].acknowledged(incident.number)}\n`)
  return 0
}

async function resolve(call: Call, name: string): Promise<number> {
  const texts = ITSM_TEXTS[call.lang]
  const closing = call.values.code as ClosingCode
  if (!CLOSING_CODES.includes(closing)) throw new UsageError(texts.badCode(closing, CLOSING_CODES.join(', ')))
  const incident = await find(call, name)
  await give(call, incident, { state: 'resolved', closing })
  call.io.stdout.write(`${texts.resolved(incident.number, closing)}\n`)
  return 0
}

async function silence(call: Call): Promise<number> {
  const { values, lang, bus, io } = call
  const texts = ITSM_TEXTS[lang]
  const { org, site, service, comment = '', end } = values
  if (end !== undefined) {
    const ended = { id: end, untilMs: Date.now(), by: operator(call), comment }
    await askItsm(bus, { ask: 'silence', silence: ended })
    io.stdout.write(`${texts.silenceEnded(end)}\n`)
    return 0
  }
  if (values.for === undefined || (org ?? site ?? service) === undefined)
    throw new UsageError(texts.silenceWhat)
  const length = durationOf(values.for)
  if (length === undefined) throw new UsageError(texts.badTime(values.for))
  const untilMs = Date.now() + length
  const id = randomUUID().slice(0, 8)
  const what = { ...(org && { org }), ...(site && { site }), ...(service && { service }) }
  await askItsm(bus, { ask: 'silence', silence: { id, ...what, untilMs, by: operator(call), comment } })
  io.stdout.write(`${texts.silenced(id, new Date(untilMs).toISOString())}\n`)
  return 0
}

async function silences({ bus, io, values }: Call): Promise<number> {
  const said = await askItsm(bus, { ask: 'silences' })
  const rows = ('silences' in said ? said.silences : []).map(({ id, untilMs, by, comment, ...what }) => ({
    id,
    until: timeOf(untilMs),
    org: what.org ?? '',
    site: what.site ?? '',
    service: what.service ?? '',
    by,
    comment,
  }))
  io.stdout.write(renderRows(rows, formatOf(values.format, io)))
  return 0
}
