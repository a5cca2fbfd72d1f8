import { RegistryStore } from '../enrich/registry/registry_store.js'
import type { Bus } from '../ingest/bus/bus.js'
import { NatsStateStore } from '../ingest/bus/state_store.js'
import type { Finding } from '../model/finding.js'
import { networkOf } from '../sinks/itsm/network.js'
import { Policy } from '../sinks/itsm/policy.js'
import { askItsm } from './ask_itsm.js'
import { storeReader } from './ask_store.js'
import type { VigieConfig } from './config/vigie_schema.js'
import { withBus } from './connect_bus.js'
import { UsageError } from './io.js'
import type { ItsmCall } from './itsm_command.js'
import type { Explanation } from './itsm_service.js'
import { ITSM_TEXTS } from './itsm_texts.js'
import { formatOf } from './rows.js'
import { serviceCategory } from './service_titles.js'

/** What was decided of a finding when it came. */
interface Decided {
  readonly number: string
  readonly rule: string
  readonly time: string
}

/** `vigie itsm policy explain FINDING`: which rule did what, now and when it came. */
export async function explainFinding({ config, io, lang, format }: ItsmCall, uid: string): Promise<number> {
  const { finding, decided } = await fromStore(config, uid)
  if (finding === undefined) throw new UsageError(ITSM_TEXTS[lang].noFinding(uid))
  const explanation = await withBus(config.bus, 'vigie itsm', (bus) => explainNow(bus, config, finding))
  if (formatOf(format, io) !== 'table') {
    io.stdout.write(`${JSON.stringify({ finding: uid, ...explanation, decided })}\n`)
    return 0
  }
  const { labels, yes, no } = ITSM_TEXTS[lang]
  const lines: (readonly [keyof typeof labels, string | undefined])[] = [
    ['finding', `${uid} (${finding.service}, ${finding.severity_id})`],
    ['title', finding.title[lang]],
    ['incident', explanation.incident ? yes : no],
    ['group_by', explanation.group_by.join(', ')],
    ['explained_by', explanation.explained_by],
    ['muted', explanation.muted],
    ['assignment_group', explanation.assignment_group],
    ['chain', explanation.chain],
    ['targets', explanation.targets?.join(', ')],
    ['now', [explanation.number, explanation.phase].filter(Boolean).join(' ')],
    ['decided', decided && [decided.time, decided.rule, decided.number].filter(Boolean).join('  ')],
  ]
  const width = Math.max(...Object.values(labels).map(({ length }) => length))
  for (const [label, said] of lines)
    if (said !== undefined && said !== '') io.stdout.write(`${labels[label].padEnd(width)}  ${said}\n`)
  io.stdout.write(`${labels.rules}\n`)
  for (const { rule, says } of explanation.rules)
    io.stdout.write(`  ${rule.padEnd(width)}${JSON.stringify(says)}\n`)
  return 0
}

async function fromStore(
  config: VigieConfig,
  uid: string,
): Promise<{ readonly finding?: Finding; readonly decided?: Decided }> {
  const store = storeReader(config.clickhouse_url)
  const quoted = `'${uid.replaceAll(/[\\']/g, '\\$&')}'`
  try {
    const [row] = await store.rows<{ brief: string }>(
      `SELECT brief FROM vigie.findings WHERE uid = ${quoted} ORDER BY time DESC LIMIT 1`,
    )
    const [decided] = await store.rows<Decided>(
      `SELECT any(i.number) AS number, any(f.rule) AS rule, toString(any(f.time)) AS time
       FROM (SELECT * FROM vigie.incident_findings FINAL WHERE finding = ${quoted}) AS f
       LEFT JOIN vigie.incidents AS i ON i.uid = f.incident GROUP BY f.finding`,
    )
    return {
      ...(row && { finding: JSON.parse(row.brief) as Finding }),
      ...(decided && { decided }),
    }
  } finally {
    await store.close()
  }
}

/** From the running role, which knows what is open and muted; without one by policy and registry alone. */
async function explainNow(bus: Bus, config: VigieConfig, finding: Finding): Promise<Explanation> {
  const said = await askItsm(bus, { ask: 'explain', finding }).catch(() => undefined)
  if (said !== undefined && 'explanation' in said) return said.explanation
  const { policy: rules } = config.itsm
  const network = networkOf(await new RegistryStore(new NatsStateStore(bus)).current(), rules.changes)
  const policy = new Policy(rules, network, serviceCategory)
  const subject = policy.subject(finding)
  const decision = policy.decide(finding.uid, subject)
  return {
    rules: decision.trace,
    incident: decision.incident,
    category: subject.category,
    group_by: decision.groupBy,
    key: decision.key,
    assignment_group: decision.group,
    chain: decision.chain,
    ...(decision.targets && { targets: decision.targets }),
  }
}
