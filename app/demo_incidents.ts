import { SERVICES } from '../detect/services/index.js'
import type { Finding } from '../model/finding.js'
import type { TruthRecord } from '../simulate/incidents/incident.js'
import { scoreFindings } from '../simulate/score.js'
import type { StoreReader } from './ask_store.js'
import { DEMO_WORDS } from './demo_words.js'
import type { Language } from './io.js'

/** Incidents that the simulator provoked against the findings that came of them, one line each. */
export async function incidentsText(
  store: StoreReader,
  truth: readonly TruthRecord[],
  sinceMs: number,
  lang: Language,
): Promise<string> {
  const words = DEMO_WORDS[lang]
  const findings = await createdFindings(store, sinceMs)
  const score = scoreFindings(truth, findings, { services: SERVICES.map(({ id }) => id) })
  const lines = score.incidents.map(({ truth: incident, timeToDetectMs }) => {
    const verdict = timeToDetectMs === undefined ? words.missed : words.found(timeToDetectMs / 1000)
    return `  ${incident.service.padEnd(12)}${incident.kind.padEnd(18)}${incident.site.padEnd(36)}${verdict}`
  })
  return [
    words.incidents(score.incidents.length, score.found),
    ...lines,
    words.others(score.falseFindings.length),
  ].join('\n')
}

async function createdFindings(store: StoreReader, sinceMs: number): Promise<Finding[]> {
  const rows = await store.rows<{ brief: string }>(
    `SELECT brief FROM vigie.findings WHERE activity = 'create' AND time >= fromUnixTimestamp64Milli(${Math.floor(sinceMs)}) ORDER BY time`,
  )
  return rows.map(({ brief }) => JSON.parse(brief) as Finding)
}
