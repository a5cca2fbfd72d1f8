import type { ServiceName } from '../../board.js'
import { ATTACK_KINDS } from '../../i18n/ddos.js'
import { EVIDENCE_WORDS, SCAN_KINDS } from '../../i18n/finding.js'
import { ACTIVITIES, SEVERITIES } from '../../i18n/findings_words.js'
import { INCIDENT_STATES } from '../../i18n/itsm.js'
import { ACTION_WORDS, VERDICT_WORDS } from '../../i18n/triage.js'
import type { Language } from '../../language.js'
import { findingSql, incidentSql, relatedSql, sitesSql, timelineSql } from '../../queries/finding_file.js'
import { formatNumber } from '../shared/format.js'
import type { Cell, Frame } from '../shared/protocol.js'
import type { FindingAnswer, SeverityWord } from '../shared/triage.js'

/** Asks the store on behalf of one reader. */
export type Ask = (sql: string) => Promise<Frame>

type Row = readonly Cell[]
const text = (cell: Cell | undefined): string => String(cell ?? '')

const word = (
  words: readonly { readonly value: string | number; readonly text: { fr: string; en: string } }[],
  value: string,
  lang: Language,
): string => words.find((one) => String(one.value) === value)?.text[lang] ?? value

const severityOf = (level: Cell | undefined, lang: Language): SeverityWord => {
  const { text: texts, colour } = SEVERITIES[Number(level)] ?? SEVERITIES[0]!
  return { text: texts[lang], colour }
}

const VALUES = [...ATTACK_KINDS, ...SCAN_KINDS, ...VERDICT_WORDS]
const VALUE_MAX = 300

function valueText(value: unknown, lang: Language, services: readonly ServiceName[]): string {
  if (typeof value === 'number') return formatNumber(value, 'none', lang)
  if (typeof value === 'string') return word([...VALUES, ...services], value, lang).slice(0, VALUE_MAX)
  if (Array.isArray(value) && value.every((v) => typeof v !== 'object'))
    return value
      .map((v) => valueText(v, lang, services))
      .join(', ')
      .slice(0, VALUE_MAX)
  return JSON.stringify(value).slice(0, VALUE_MAX)
}

/** Evidence that is shown in a place of its own. */
const ELSEWHERE: ReadonlySet<string> = new Set(['sql', 'related', 'marked', 'marked_by'])

/** What actions need of a finding, as the reader may see it. */
export interface FindingScope {
  readonly uid: string
  readonly org: string
  readonly site: string
  readonly service: string
}

export async function findingScope(ask: Ask, uid: string, lang: Language): Promise<FindingScope | undefined> {
  const [row] = (await ask(findingSql(uid, lang))).rows
  return row && { uid: text(row[0]), service: text(row[4]), org: text(row[5]), site: text(row[6]) }
}

/** The incident of a finding that a reader may see: uid, and whether somebody may still take charge. */
export async function incidentOf(
  ask: Ask,
  uid: string,
  lang: Language,
): Promise<{ readonly uid: string; readonly open: boolean } | undefined> {
  const [row] = (await ask(incidentSql(uid, lang))).rows
  return row && { uid: text(row[0]), open: text(row[2]) !== 'resolved' && text(row[2]) !== 'closed' }
}

/** All that the triage shows of a finding; undefined where there is none that the reader may see. */
export async function findingView(
  ask: Ask,
  uid: string,
  lang: Language,
  services: readonly ServiceName[],
): Promise<FindingAnswer | undefined> {
  const [row] = (await ask(findingSql(uid, lang))).rows
  if (row === undefined) return undefined
  const evidence = JSON.parse(text(row[15]) || '{}') as Record<string, unknown>
  const [src, dst] = [JSON.parse(text(row[9])), JSON.parse(text(row[10]))] as [string[], string[]]
  const [firstSeen, lastSeen] = [Number(row[13]), Number(row[14])]
  const named = [evidence.related, evidence.suspected_uid].flat().filter((u) => typeof u === 'string')
  const [timeline, incident, sites, related] = await Promise.all([
    ask(timelineSql(uid)),
    ask(incidentSql(uid, lang)),
    ask(sitesSql(uid, lang)),
    ask(
      relatedSql(uid, lang, {
        named,
        hosts: [...src, ...dst].slice(0, 32),
        fromMs: firstSeen - 86_400_000,
        toMs: lastSeen + 86_400_000,
      }),
    ),
  ])
  const mark = markIn(timeline.rows, lang)
  const [i] = incident.rows
  return {
    uid: text(row[0]),
    title: text(row[1]),
    severity: severityOf(row[2], lang),
    status: text(row[3]) === 'closed' ? 'closed' : 'open',
    service: word(services, text(row[4]), lang),
    org: text(row[7]),
    site: text(row[8]),
    src,
    dst,
    technique: text(row[11]),
    score: Number(row[12]),
    first_seen: firstSeen,
    last_seen: lastSeen,
    evidence: Object.entries(evidence)
      .filter(([key]) => !ELSEWHERE.has(key))
      .map(([key, value]) => ({
        name: word(EVIDENCE_WORDS, key, lang),
        value: valueText(value, lang, services),
      })),
    sql: typeof evidence.sql === 'string' ? evidence.sql : '',
    timeline: timeline.rows.map((entry) => timelineEntry(entry, lang)),
    sites: sites.rows.map(([id, name]) => ({ id: text(id), name: text(name) })),
    related: related.rows.map(([id, title, severity, at]) => ({
      uid: text(id),
      title: text(title),
      severity: severityOf(severity, lang),
      first_seen: Number(at),
    })),
    ...(mark && { mark }),
    ...(i && {
      incident: {
        number: text(i[1]),
        state: word(INCIDENT_STATES, text(i[2]), lang),
        title: text(i[3]),
        acknowledged_by: text(i[4]).replace(/^\w+:/, ''),
      },
    }),
  }
}

function timelineEntry(
  [at, what, verdict, by, comment]: Row,
  lang: Language,
): FindingAnswer['timeline'][number] {
  const said = text(verdict) === '' ? '' : `\u00a0: ${word(VERDICT_WORDS, text(verdict), lang)}`
  const colon = lang === 'fr' ? said : said.replace('\u00a0', '')
  return {
    at: Number(at),
    what: `${word([...ACTIVITIES, ...ACTION_WORDS], text(what), lang)}${colon}`,
    by: text(by).replace(/^\w+:/, ''),
    comment: text(comment),
  }
}

/** The newest mark; none where it was taken back. */
function markIn(timeline: readonly Row[], lang: Language): FindingAnswer['mark'] {
  const last = timeline.findLast(([, what]) => what === 'mark' || what === 'unmark')
  if (last === undefined || last[1] === 'unmark') return undefined
  const verdict = text(last[2])
  return { verdict, text: word(VERDICT_WORDS, verdict, lang), by: text(last[3]).replace(/^\w+:/, '') }
}
