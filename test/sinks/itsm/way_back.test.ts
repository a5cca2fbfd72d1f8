import { Registry } from 'prom-client'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { RemoteEvent } from '../../../model/incident.js'
import type { StateStore } from '../../../model/ports.js'
import { itsmSchema, outboxSchema } from '../../../sinks/itsm/config.js'
import type { OpenTarget } from '../../../sinks/itsm/outbox.js'
import { type OpenTicket, RetryableError, type Target } from '../../../sinks/itsm/target.js'
import { testIncident } from '../../../sinks/itsm/test_incident.js'
import { WayBack } from '../../../sinks/itsm/way_back.js'
import { LogBook, until } from '../../ingest/bus/nats_fixture.js'
import { StrictTarget, strictKind } from './strict_target.js'

const test = suite('the way back')

class MemoryState implements StateStore {
  readonly map = new Map<string, Uint8Array>()
  async get(key: string): Promise<Uint8Array | undefined> {
    return this.map.get(key)
  }
  async put(key: string, value: Uint8Array): Promise<void> {
    this.map.set(key, value)
  }
  async delete(key: string): Promise<void> {
    this.map.delete(key)
  }
  async keys(prefix: string): Promise<string[]> {
    return [...this.map.keys()].filter((key) => key.startsWith(prefix))
  }
}

async function wayBack(target: Partial<Target>) {
  const given: [string, RemoteEvent][] = []
  const state = new MemoryState()
  const log = new LogBook()
  const incident = {
    ...testIncident('n', 'open', 0, { lang: 'fr', target: 'tool' }),
    remotes: { tool: { id: '7', number: 'T7' } },
  }
  const open: OpenTarget = {
    name: 'tool',
    config: { type: 'strict', outbox: outboxSchema.parse({}), poll_interval_ms: 10, settings: {} },
    kind: strictKind(new StrictTarget()),
    target: { deliver: () => Promise.reject(new Error('not asked')), ...target },
    conceal: (text) => text.replaceAll('geheim', '[secret]'),
  }
  const back = new WayBack(itsmSchema.parse({ receive: { port: 0, body_bytes_max: 2000 } }), {
    targets: [open],
    state,
    incidents: () => [incident],
    give: async (by, event) => void given.push([by, event]),
    logger: log,
    metrics: new Registry(),
  })
  await back.start()
  return { back, given, state, log, incident }
}

test('polls go on at the cursor, over failures, and know the open tickets', async () => {
  const cursors: (string | undefined)[] = []
  let asked: readonly OpenTicket[] = []
  const { back, given, state, log, incident } = await wayBack({
    async poll(cursor, open) {
      cursors.push(cursor)
      asked = open
      if (cursors.length === 2) throw new RetryableError('geheim is wrong')
      return {
        cursor: String(cursors.length),
        events: [{ id: `e${cursors.length}`, remoteId: '7', time: 1 }],
      }
    },
  })
  await until(() => cursors.length >= 4, 'polled')
  await back.stop()
  assert.equal(cursors.slice(0, 4), [undefined, '1', '1', '3'])
  assert.equal(asked, [{ incident: incident.uid, remote: { id: '7', number: 'T7' } }])
  assert.equal(given[0], ['target:tool', { id: 'e1', remoteId: '7', time: 1 }])
  assert.ok(state.map.has('itsm.cursor.tool'))
  assert.ok(log.said('cannot be asked yet'))
  assert.not.ok(JSON.stringify(log.lines).includes('geheim'))
})

test('calls are handed to their target, and what it refuses changes nothing', async () => {
  const { back, given } = await wayBack({
    async receive({ headers, query, body }) {
      if (headers['x-signature'] !== 'good') return { status: 401, events: [] }
      const id = Buffer.from(body).toString()
      return { status: 202, events: [{ id, remoteId: query.ticket!, time: 1, acknowledged: true }] }
    },
  })
  const url = `http://127.0.0.1:${back.port}/itsm/tool?ticket=7`
  const call = async (
    to: string,
    headers: Record<string, string>,
    body = 'e1',
    method = 'POST',
  ): Promise<number> => {
    const answer = await fetch(to, { method, headers, ...(method === 'POST' && { body }) })
    await answer.arrayBuffer()
    return answer.status
  }
  assert.is(await call(url, { 'x-signature': 'bad' }), 401)
  assert.is(given.length, 0)
  assert.is(await call(url, { 'X-Signature': 'good' }), 202)
  assert.equal(given, [['target:tool', { id: 'e1', remoteId: '7', time: 1, acknowledged: true }]])
  assert.is(await call(url, {}, '', 'GET'), 404)
  assert.is(await call(url.replace('/tool', '/other'), {}), 404)
  assert.is(await call(url, { 'x-signature': 'good' }, 'x'.repeat(3000)), 413)
  assert.is(given.length, 1)
  await back.stop()
})

test.run()
