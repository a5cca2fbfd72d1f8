// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are Grafana’s placeholders
import fastify, { type FastifyInstance } from 'fastify'
import { Registry } from 'prom-client'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { SERVICE_TITLES } from '../../app/service_titles.js'
import { builtInAll } from '../../dashboards/build.js'
import type { BuiltDashboard } from '../../dashboards/built.js'
import { clickHouseRows, type RowSource } from '../../dashboards/row_source.js'
import { chartLibrary } from '../../dashboards/viewer/server/assets.js'
import { viewerSchema } from '../../dashboards/viewer/server/config.js'
import { Viewer } from '../../dashboards/viewer/server/routes.js'
import type { MarksAnswer, PanelAnswer, VariableAnswer } from '../../dashboards/viewer/shared/protocol.js'
import { DEMO } from './demo_rows.js'
import { type DemoStore, QUIET, startDemoStore } from './demo_store.js'

const routes = suite('viewer: routes')
const boards = builtInAll(SERVICE_TITLES)
let store: DemoStore
let rows: RowSource
let app: FastifyInstance

function viewerOf(
  source: RowSource,
  config: object = {},
  dashboards: readonly BuiltDashboard[] = boards,
): FastifyInstance {
  const server = fastify()
  new Viewer(viewerSchema.parse(config), {
    rows: source,
    clock: { nowMs: () => store.nowMs },
    logger: QUIET,
    metrics: new Registry(),
    dashboards,
  }).register(server)
  return server
}

routes.before(async () => {
  store = await startDemoStore()
  rows = clickHouseRows(store.url, 4)
  app = viewerOf(rows)
})
routes.after(async () => {
  await app.close()
  await rows.close()
  await store.stop()
})

const get = (url: string, headers: Record<string, string> = {}) => app.inject({ method: 'GET', url, headers })
const panel = async (query: string): Promise<PanelAnswer> => {
  const answer = await get(`/api/v1/dashboards/${query}`)
  assert.is(answer.statusCode, 200, `${query}: ${answer.body}`)
  return answer.json<PanelAnswer>()
}

routes('the root leads to the overview, in French unless told otherwise', async () => {
  assert.is((await get('/')).headers.location, '/d/vigie-fr-soc-overview')
  assert.is((await get('/?lang=en')).headers.location, '/d/vigie-en-soc-overview')
  assert.is((await get('/?lang=de')).headers.location, '/d/vigie-fr-soc-overview')
})

routes('every page of both languages comes with its title, its texts and no script of its own', async () => {
  for (const { uid, title } of boards) {
    const answer = await get(`/d/${uid}`)
    assert.is(answer.statusCode, 200)
    assert.match(answer.body, `<html lang="${uid.slice(6, 8)}">`)
    assert.ok(answer.body.includes(`<title>${title.replaceAll('&', '&amp;')} – Vigie</title>`), title)
    assert.not.match(answer.body, /<script>|<style|style="|onload=|https?:\/\//)
  }
})

routes('a page never holds SQL', async () => {
  for (const { uid } of boards) {
    for (const url of [`/d/${uid}`, `/api/v1/dashboards/${uid}`]) {
      assert.not.match((await get(url)).body, /SELECT |FROM vigie|rawSql/, url)
    }
  }
})

routes('every answer forbids foreign content, framing and sniffing', async () => {
  for (const url of [
    '/',
    '/d/vigie-fr-soc-overview',
    '/d/nothing',
    '/assets/viewer.css',
    '/api/v1/dashboards',
  ]) {
    const { headers } = await get(url)
    const policy = String(headers['content-security-policy'])
    assert.match(policy, /default-src 'none'/)
    assert.not.match(policy, /unsafe|\*|https?:/)
    assert.match(policy, /frame-ancestors 'none'/)
    assert.is(headers['x-content-type-options'], 'nosniff')
    assert.is(headers['referrer-policy'], 'no-referrer')
  }
})

routes('every panel answers with rows, resolved range and bucket', async () => {
  for (const { uid, panels } of boards.filter(({ uid }) => uid.startsWith('vigie-fr-'))) {
    for (const { id, title, targets } of panels) {
      const answer = await panel(`${uid}/panels/${id}?points=200`)
      assert.is(answer.to, store.nowMs)
      assert.ok(answer.interval_s >= 1)
      assert.is(answer.frames.length, targets.length)
      assert.ok(
        answer.frames.every((frame) => frame.rows.length > 0),
        `${uid} ${title}`,
      )
    }
  }
})

routes('a variable narrows what is counted', async () => {
  const open = async (query: string): Promise<number> => {
    const { frames } = await panel(`vigie-fr-soc-overview/panels/1?${query}`)
    return (frames[0]!.rows[0] as number[]).reduce((a, b) => a + b, 0)
  }
  const [all, one, two, nobody] = [
    await open(''),
    await open('var-org=org-5'),
    await open('var-org=org-5&var-org=org-1'),
    await open('var-org=nobody'),
  ]
  assert.ok(one > 0 && one < two && two < all, `${one} ${two} ${all}`)
  assert.is(nobody, 0)
  assert.is(await open('var-org=$__all'), all)
})

routes('a finding leads to its own flows', async () => {
  const answer = await panel(`vigie-fr-finding/panels/9?var-uid=${DEMO.attack}&from=now-1h&to=now`)
  const at = answer.frames[0]!.columns.findIndex(({ name }) => name === 'destination')
  assert.ok(answer.frames[0]!.rows.length > 50)
  for (const row of answer.frames[0]!.rows) assert.is(row[at], DEMO.target)
})

routes('options of a variable are names and ids, narrowed by other variables', async () => {
  const options = async (query: string): Promise<VariableAnswer['options']> => {
    const answer = await get(`/api/v1/dashboards/vigie-fr-findings/variables/${query}`)
    return answer.json<VariableAnswer>().options
  }
  const orgs = await options('org')
  assert.is(orgs.length, DEMO.organizations)
  assert.equal(orgs[0], { value: 'org-1', text: 'Organisme d’essai n° 1' })
  assert.is((await options('site')).length, DEMO.sites)
  assert.is((await options('site?var-org=org-1')).length, DEMO.sites / DEMO.organizations)
})

routes('what happened meanwhile is told by kind, narrowed like the rows', async () => {
  const marks = async (query: string): Promise<MarksAnswer['marks']> => {
    const answer = await get(`/api/v1/dashboards/vigie-fr-site/annotations?from=now-24h&to=now&${query}`)
    assert.is(answer.statusCode, 200, answer.body)
    return answer.json<MarksAnswer>().marks
  }
  const all = await marks('')
  const kinds = (list: MarksAnswer['marks']): string[] => [...new Set(list.map(({ kind }) => kind))].sort()
  assert.equal(kinds(all), ['Basculements et alarmes', 'Fenêtre de maintenance', 'Incident'])
  for (const { from, to } of all) assert.ok(from <= to)
  const one = await marks('var-site=site-4')
  assert.ok(one.length > 0 && one.length < all.length)
  assert.ok(kinds(one).includes('Fenêtre de maintenance'))
  assert.equal(await marks('var-site=nobody'), [])
})

routes('hostile values stay values', async () => {
  const values = [
    "') OR 1=1 --",
    "\\') OR 1=1 --",
    "'; DROP TABLE vigie.flows",
    '${uid}',
    '$__fromTime',
    '\u0000',
    '%27',
  ]
  for (const value of values) {
    const { frames } = await panel(
      `vigie-fr-findings/panels/4?var-org=${encodeURIComponent(value)}&var-service=${encodeURIComponent(value)}`,
    )
    assert.is(frames[0]!.rows.length, 0, value)
  }
  const { frames } = await panel('vigie-fr-traffic/panels/1?var-dimension=nonsense%27&var-top=5')
  assert.ok(frames[0]!.rows.length > 0)
})

routes('what cannot be is refused in words, without what the store said', async () => {
  const wrong = [
    'panels/1?from=now&to=now-1h',
    'panels/1?from=yesterday&to=now',
    'panels/1?from=0&to=now',
    `panels/1?var-org=${'a'.repeat(300)}`,
    `panels/1?${Array.from({ length: 300 }, (_, i) => `var-org=${i}`).join('&')}`,
  ]
  for (const path of wrong) {
    const answer = await get(`/api/v1/dashboards/vigie-fr-soc-overview/${path}`)
    assert.is(answer.statusCode, 400, path.slice(0, 60))
    assert.not.match(answer.body, /Error|at \w|SELECT|vigie\./)
  }
  const bad = await get('/api/v1/dashboards/vigie-fr-traffic/panels/1?var-top=many')
  assert.is(bad.statusCode, 502)
  assert.not.match(bad.body, /Exception|toUInt64|vigie\./)
})

routes('what is not there is 404', async () => {
  const absent = [
    '/d/../../etc/passwd',
    '/assets/../server/routes.js',
    '/assets/browser/%2e%2e/server/routes.js',
    '/assets/nothing.js',
    '/api/v1/dashboards/none/panels/1',
    '/api/v1/dashboards/vigie-fr-soc-overview/panels/99',
    '/api/v1/dashboards/vigie-fr-soc-overview/panels/__proto__',
    '/api/v1/dashboards/vigie-fr-soc-overview/variables/datasource',
  ]
  for (const url of absent) assert.is((await get(url)).statusCode, 404, url)
})

routes('a store that is away is said, and so is one that has too much to do', async () => {
  const away = clickHouseRows('http://127.0.0.1:1', 1)
  const server = viewerOf(away)
  const url = '/api/v1/dashboards/vigie-en-soc-overview/panels/1'
  const answer = await server.inject({ method: 'GET', url })
  assert.is(answer.statusCode, 503)
  assert.match(answer.json<{ error: string }>().error, /store does not answer/)
  await server.close()
  await away.close()
  const never: RowSource = { query: () => new Promise(() => undefined), close: async () => undefined }
  const busy = viewerOf(never, { queries_at_once: 1, queries_waiting_max: 0 })
  const first = busy.inject({ method: 'GET', url })
  first.catch(() => undefined)
  await busy.ready()
  const second = await busy.inject({ method: 'GET', url })
  assert.is(second.statusCode, 503)
})

routes('files come compressed, with a tag, and are not sent twice', async () => {
  const first = await get('/assets/viewer.css', { 'accept-encoding': 'gzip' })
  assert.is(first.headers['content-encoding'], 'gzip')
  const again = await get('/assets/viewer.css', { 'if-none-match': String(first.headers.etag) })
  assert.is(again.statusCode, 304)
  const plain = await get('/assets/viewer.css')
  assert.is(plain.headers['content-encoding'], undefined)
})

routes('the first page weighs less than 300 kB', async () => {
  const page = await get('/d/vigie-fr-soc-overview')
  const files = [...page.body.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map(([, path]) => path!)
  assert.ok(files.length > 15, `${files.length} files`)
  let bytes = page.rawPayload.length
  for (const file of new Set(files)) {
    const answer = await get(file, { 'accept-encoding': 'br' })
    if (chartLibrary() === undefined && answer.statusCode === 404) continue
    assert.is(answer.statusCode, 200, file)
    bytes += answer.rawPayload.length
  }
  assert.ok(bytes < 300_000, `${bytes} bytes`)
})

routes.run()
