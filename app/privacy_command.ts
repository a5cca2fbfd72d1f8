import { parseArgs } from 'node:util'
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client'
import { CryptoPan } from '../enrich/privacy/crypto_pan.js'
import { loadKeys, type PrivacyKey } from '../enrich/privacy/keys.js'
import { RegistryStore } from '../enrich/registry/registry_store.js'
import { type Prefix, parsePrefix } from '../enrich/tables/prefix.js'
import { prefixText } from '../enrich/tables/prefix_text.js'
import type { Bus } from '../ingest/bus/bus.js'
import { NatsStateStore } from '../ingest/bus/state_store.js'
import { STREAMS } from '../ingest/bus/streams.js'
import { Forgetter, type Subject, subjectExpression } from '../sinks/clickhouse/forget.js'
import { readConfig } from './config/vigie_config.js'
import type { VigieConfig } from './config/vigie_schema.js'
import { withBus } from './connect_bus.js'
import { type CommandIo, type Language, languageOf, UsageError } from './io.js'
import { formatOf, type Row, renderRows } from './rows.js'

const TEXTS: Readonly<
  Record<
    Language,
    {
      usage: string
      unknown(subject: string): string
      would(command: string): string
      frames: string
      nothing: string
    }
  >
> = {
  fr: {
    usage: 'vigie privacy forget ADRESSE|ORGANISME : nommer une adresse ou un organisme du registre',
    unknown: (subject) => `« ${subject} » n’est ni une adresse ni un organisme du registre`,
    would: (command) => `rien n’est encore effacé; pour effacer : ${command} --yes`,
    frames:
      'les trames brutes (flux FRAMES) gardent les adresses jusqu’à leur élagage : bus.frames_max_bytes',
    nothing: 'l’entrepôt et le flux des constats ne contiennent rien à ce sujet',
  },
  en: {
    usage: 'vigie privacy forget ADDRESS|ORG: name an address, or an organisation of the registry',
    unknown: (subject) => `'${subject}' is neither an address nor an organisation of the registry`,
    would: (command) => `nothing is deleted yet; to delete: ${command} --yes`,
    frames: 'raw frames (stream FRAMES) keep addresses until they are trimmed: bus.frames_max_bytes',
    nothing: 'neither the store nor the stream of findings holds anything about it',
  },
}

/** `vigie privacy forget ADDRESS|ORG [--yes]`: shows, or deletes, what is stored of a subject. */
export async function privacyCommand(args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      yes: { type: 'boolean', default: false },
      format: { type: 'string' },
      config: { type: 'string' },
    },
  })
  const texts = TEXTS[languageOf(io.env)]
  const [action, name, ...rest] = positionals
  if (action !== 'forget' || name === undefined || rest.length > 0) throw new UsageError(texts.usage)
  const { config } = readConfig(values.config === undefined ? [] : ['--config', values.config], io)
  const keys = loadKeys(config.privacy, io.env)
  return withBus(config.bus, 'vigie privacy', async (bus) => {
    const subject = await subjectOf(name, keys, bus)
    if (subject === undefined) throw new UsageError(texts.unknown(name))
    const rows = await forget(subject, config, bus, values.yes)
    if (rows.length === 0) io.stderr.write(`${texts.nothing}\n`)
    else io.stdout.write(renderRows(rows, formatOf(values.format, io)))
    if (!values.yes && rows.length > 0) io.stderr.write(`${texts.would(`vigie privacy forget ${name}`)}\n`)
    if (subject.kind === 'address') io.stderr.write(`${texts.frames}\n`)
    return 0
  })
}

/** An address with its pseudonyms under all keys, or an organisation with its number. */
async function subjectOf(name: string, keys: readonly PrivacyKey[], bus: Bus): Promise<Subject | undefined> {
  const prefix = parsePrefix(name)
  if (typeof prefix !== 'string') {
    const images = [prefix, ...keys.map(({ bytes }) => imageOf(new CryptoPan(bytes), prefix))]
    return name.includes('/') ? undefined : { kind: 'address', texts: images.map(prefixText) }
  }
  const { ids } = await new RegistryStore(new NatsStateStore(bus)).current()
  const number = Object.hasOwn(ids.organizations, name) ? ids.organizations[name] : undefined
  return number === undefined ? undefined : { kind: 'org', id: name, number }
}

function imageOf(pan: CryptoPan, prefix: Prefix): Prefix {
  if (prefix.family === 4) return { ...prefix, w3: pan.map4(prefix.w3) }
  const words = Uint32Array.of(prefix.w0, prefix.w1, prefix.w2, prefix.w3)
  pan.map6(words)
  return { ...prefix, w0: words[0]!, w1: words[1]!, w2: words[2]!, w3: words[3]! }
}

async function forget(subject: Subject, config: VigieConfig, bus: Bus, isMeant: boolean): Promise<Row[]> {
  const client: ClickHouseClient = createClient({
    url: config.clickhouse_url,
    log: { level: ClickHouseLogLevel.OFF },
    application: 'vigie',
    request_timeout: 3_600_000,
  })
  try {
    const store = new Forgetter(client, config.store.cluster)
    const found = await store.find(subject)
    if (isMeant) for (const rows of found) await store.delete(rows)
    const messages = await forgetFindings(subject, bus, isMeant)
    return [
      ...found.map(({ table, rows }) => ({ where: `vigie.${table}`, rows })),
      ...(messages > 0 ? [{ where: STREAMS.findings, rows: messages }] : []),
    ]
  } finally {
    await client.close()
  }
}

/** Messages of the stream of findings that are about the subject. */
async function forgetFindings(subject: Subject, bus: Bus, isMeant: boolean): Promise<number> {
  const expression = subject.kind === 'address' ? subjectExpression(subject.texts) : undefined
  const { state } = await bus.jsm.streams.info(STREAMS.findings)
  let count = 0
  for (let seq = state.first_seq; seq <= state.last_seq; seq++) {
    const message = await bus.jsm.direct.getMessage(STREAMS.findings, { seq }).catch(() => null)
    if (message === null) continue
    const text = Buffer.from(message.data).toString()
    const isAbout =
      expression === undefined
        ? text.includes(`"org":${JSON.stringify((subject as { id: string }).id)}`)
        : expression.test(text)
    if (!isAbout) continue
    count++
    if (isMeant) await bus.jsm.streams.deleteMessage(STREAMS.findings, seq, true)
  }
  return count
}
