import { SERVICES } from '../detect/services/index.js'
import type { Finding } from '../model/finding.js'
import { type LinkScore, scoreTroubles } from '../simulate/edges/score.js'
import type { EdgeTruthRecord } from '../simulate/edges/troubles.js'
import type { TruthRecord } from '../simulate/incidents/incident.js'
import { scoreFindings } from '../simulate/score.js'
import type { StoreReader } from './ask_store.js'
import { DEMO_WORDS } from './demo_words.js'
import type { Language } from './io.js'

/** Their findings are of what befalls edges, which another truth tells. */
const OF_LINKS: ReadonlySet<string> = new Set(
  SERVICES.filter(({ samples }) => samples !== undefined).map(({ id }) => id),
)

/** Incidents that the simulator provoked against the findings that came of them, one line each. */
export async function incidentsText(
  store: StoreReader,
  truth: readonly TruthRecord[],
  sinceMs: number,
  lang: Language,
): Promise<string> {
  const words = DEMO_WORDS[lang]
  const findings = (await findingsSince(store, sinceMs)).filter(({ service }) => !OF_LINKS.has(service))
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

/** Troubles of links that the simulated edges had against the findings that came of them. */
export async function linkScore(
  store: StoreReader,
  truth: readonly EdgeTruthRecord[],
  sinceMs: number,
): Promise<LinkScore> {
  return scoreTroubles(truth, await findingsSince(store, sinceMs))
}

async function findingsSince(store: StoreReader, sinceMs: number): Promise<Finding[]> {
  const rows = await store.rows<{ brief: string }>(
    `SELECT brief FROM vigie.findings WHERE activity IN ('create', 'close') AND time >= fromUnixTimestamp64Milli(${Math.floor(sinceMs)}) ORDER BY time`,
  )
  return rows.map(({ brief }) => JSON.parse(brief) as Finding)
}
