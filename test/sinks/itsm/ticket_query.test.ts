import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { startStore, temporaryDir } from '../clickhouse/start_store.js'
import { anIncident, textOf, UID } from './an_incident.js'

const tests = suite('query of a ticket')

tests('gives the findings of the incident, the weightiest first, on the real engine', async () => {
  const store = await startStore({ data_dir: temporaryDir(), schema: true })
  const finding = (uid: string, severity: number): string =>
    `('${uid}', now64(3), 'create', 'ddos', ${severity}, now64(3), now64(3), 'Titre de ${uid}')`
  await store.rows(
    `INSERT INTO vigie.findings (uid, time, activity, service, severity_id, first_seen, last_seen, title_fr) VALUES ${finding('low', 2)}, ${finding('high', 5)}, ${finding('other', 6)}`,
  )
  await store.rows(
    `INSERT INTO vigie.incident_findings (finding, step, incident) VALUES ('low', 1, '${UID}'), ('high', 1, '${UID}'), ('other', 1, '${UID}'), ('other', 2, 'folded')`,
  )
  const { query } = textOf(anIncident(), [])
  assert.is(await store.rows(`SELECT title_fr FROM (${query})`), 'Titre de high\nTitre de low')
  await store.stop()
})

tests.run()
