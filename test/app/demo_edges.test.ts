import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { StoreReader } from '../../app/ask_store.js'
import { derive, vigieSchema } from '../../app/config/vigie_schema.js'
import { edgesAccount, edgesText, withDemoEdges } from '../../app/demo_edges.js'
import { CONTROLLERS } from '../../simulate/edges/controllers/index.js'
import type { EdgeCounters } from '../../simulate/edges/edge_simulator.js'

const tests = suite('edges of the demonstration')
const data_dir = mkdtempSync(join(tmpdir(), 'vigie-demo-'))
tests.after(() => rmSync(data_dir, { recursive: true, force: true }))

const SENT: EdgeCounters = {
  pushed: 5,
  pushFailed: 0,
  syslog: 20,
  syslogRecords: 30,
  syslogFailed: 0,
  asked: 9,
}
const ROWS = [
  { way: 'http', payloads: 5, rejected: 0, records: 12, absent: 1, stored: 11, merged: 2 },
  { way: 'poll', payloads: 8, rejected: 0, records: 40, absent: 0, stored: 40, merged: 0 },
  { way: 'syslog', payloads: 4, rejected: 0, records: 30, absent: 0, stored: 30, merged: 0 },
]
const storeOf = (rows: readonly object[]): StoreReader =>
  ({ rows: async () => rows }) as unknown as StoreReader

tests(
  'every controller is polled with credentials in a file of its own, and edges have a token',
  async () => {
    const config = await withDemoEdges(derive(vigieSchema.parse({ data_dir })))
    const { pollers, http } = config.edges
    assert.equal(
      [...new Set(pollers.map(({ vendor }) => vendor))],
      CONTROLLERS.map(({ id }) => id),
    )
    for (const file of [
      ...pollers.map(({ credentials_file }) => credentials_file!),
      http.sources[0]!.token_file!,
    ]) {
      assert.is(statSync(file).mode & 0o777, 0o600)
      assert.ok(readFileSync(file, 'utf8').length > 10)
    }
    const { push_url, syslog_port, controllers_port } = config.simulator.edges
    assert.is(push_url, 'http://127.0.0.1:8080')
    assert.is(syslog_port, 5514)
    assert.is(new URL(pollers[0]!.url).port, String(controllers_port))
  },
)

tests('edges that are switched off change nothing', async () => {
  const config = derive(vigieSchema.parse({ data_dir, simulator: { edges: { enabled: false } } }))
  assert.is(await withDemoEdges(config), config)
})

tests('the account is exact when all that was sent and read is stored or merged', async () => {
  const exact = await edgesAccount(storeOf(ROWS), 0, SENT)
  assert.ok(exact.exact)
  assert.match(edgesText(exact, SENT, [], 'en'), /All that the edges sent is stored/)
  const lost = await edgesAccount(storeOf(ROWS), 0, { ...SENT, pushed: 6 })
  assert.not(lost.exact)
  assert.match(edgesText(lost, SENT, [], 'fr'), /MANQUENT/)
  const waiting = await edgesAccount(storeOf([{ ...ROWS[0]!, stored: 10 }, ROWS[1]!, ROWS[2]!]), 0, SENT)
  assert.not(waiting.exact)
})

tests.run()
