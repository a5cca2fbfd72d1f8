import { SEVERITIES } from '../dashboards/i18n/findings_words.js'
import type { FindingFile } from './finding_queries.js'
import { FINDINGS_TEXTS } from './findings_texts.js'
import type { Language } from './io.js'

const LIST_MAX = 8
const moment = (ms: number): string => new Date(ms).toISOString().replace('T', ' ').slice(0, 19)
const listed = (texts: readonly string[]): string =>
  texts.slice(0, LIST_MAX).join(', ') + (texts.length > LIST_MAX ? ' …' : '')
const valueText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

/** A finding as a person reads it at a terminal. */
export function findingText(
  { finding, status, related, actions, incident }: FindingFile,
  lang: Language,
): string {
  const { labels, states, verdicts, actions: deeds } = FINDINGS_TEXTS[lang]
  const { sql, related: _, ...evidence } = finding.evidence
  const width = Math.max(...Object.values(labels).map(({ length }) => length)) + 2
  const lines: string[] = []
  const line = (label: keyof typeof labels, text: string | undefined): void => {
    if (text !== undefined && text !== '') lines.push(`${labels[label].padEnd(width)}${text}`)
  }
  const block = (label: keyof typeof labels, rows: readonly string[]): void => {
    if (rows.length > 0) lines.push(labels[label], ...rows.map((row) => `  ${row}`))
  }
  line('title', finding.title[lang])
  line('finding', finding.uid)
  line('status', states[status])
  line('severity', SEVERITIES[finding.severity_id]?.text[lang])
  line('org', finding.org)
  line('site', finding.site)
  line('src', listed(finding.src))
  line('dst', listed(finding.dst) + (finding.dst_port === undefined ? '' : `  (${finding.dst_port})`))
  line('seen', `${moment(finding.first_seen)} – ${moment(finding.last_seen)} UTC`)
  line('score', String(finding.score))
  line('technique', finding.technique)
  line('incident', [incident?.number, incident?.state, incident?.rule].filter(Boolean).join('  '))
  block(
    'evidence',
    Object.entries(evidence).map(([key, value]) => `${key.padEnd(width)}${valueText(value)}`),
  )
  block('sql', typeof sql === 'string' ? [sql] : [])
  block(
    'related',
    related.map((r) => `${r.uid}  ${r.first_seen}  ${lang === 'fr' ? r.title_fr : r.title_en}`),
  )
  block(
    'actions',
    actions.map(({ time, action, verdict, by, origin, comment }) =>
      [moment(time), verdict === undefined ? deeds[action] : verdicts[verdict], by, origin, comment]
        .filter(Boolean)
        .join('  '),
    ),
  )
  return `${lines.join('\n')}\n`
}
