import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '@clickhouse/client'
import fastify, { type FastifyInstance } from 'fastify'
import { Registry } from 'prom-client'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { SERVICE_TITLES } from '../../app/service_titles.js'
import { builtInAll } from '../../dashboards/build.js'
import { clickHouseRows, type RowSource } from '../../dashboards/row_source.js'
import { viewerSchema } from '../../dashboards/viewer/server/config.js'
import { hashPassword } from '../../dashboards/viewer/server/passwords.js'
import { Viewer } from '../../dashboards/viewer/server/routes.js'
import { RULED_TABLES } from '../../dashboards/viewer/server/row_rules.js'
import { readUsers, UsersFileError } from '../../dashboards/viewer/server/users_file.js'
import type { MarksAnswer, PanelAnswer, VariableAnswer } from '../../dashboards/viewer/shared/protocol.js'
import { type DemoStore, QUIET, startDemoStore } from './demo_store.js'

/** Organisation 2 and its sites in the demonstration's rows: `organization: 1 + (n % 5)`. */
const MINE = 'org-2'
const MY_SITES = ['site-1', 'site-6', 'site-11', 'site-16']

const logIn = suite('viewer: log-in and rows of an organisation')
const boards = builtInAll(SERVICE_TITLES)
const folder = mkdtempSync(join(tmpdir(), 'vigie-users-'))
let store: DemoStore
let rows: RowSource
let app: FastifyInstance
let nowMs = 0

const usersFile = (text: string): string => {
  const path = join(folder, 'users.yaml')
  writeFileSync(path, text)
  return path
}

logIn.before(async () => {
  store = await startDemoStore()
  nowMs = store.nowMs
  rows = clickHouseRows(store.url, 4)
  const path = usersFile(`users:
  - { name: soc, password: "${await hashPassword('tout voir')}", organizations: all }
  - { name: chu, password: "${await hashPassword('les nôtres')}", organizations: [${MINE}] }
`)
  app = fastify()
  new Viewer(viewerSchema.parse({ users_file: path, session_hours: 1 }), {
    rows,
    clock: { nowMs: () => nowMs },
    logger: QUIET,
    metrics: new Registry(),
    dashboards: boards,
    users: readUsers(path),
  }).register(app)
})
logIn.after(async () => {
  await app.close()
  await rows.close()
  await store.stop()
  rmSync(folder, { recursive: true, force: true })
})

const get = (url: string, cookie = '') => app.inject({ method: 'GET', url, headers: { cookie } })
const post = (name: string, password: string, next = '/') =>
  app.inject({
    method: 'POST',
    url: '/login',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: new URLSearchParams({ name, password, next }).toString(),
  })
async function sessionOf(name: string, password: string): Promise<string> {
  const answer = await post(name, password)
  assert.is(answer.statusCode, 303)
  return String(answer.headers['set-cookie']).split(';')[0]!
}

logIn('nobody sees a page, a panel or a list before logging in', async () => {
  const page = await get('/d/vigie-fr-links?from=now-1h')
  assert.is(page.statusCode, 302)
  assert.is(page.headers.location, '/login?lang=fr&next=%2Fd%2Fvigie-fr-links%3Ffrom%3Dnow-1h')
  for (const path of ['', '/vigie-fr-links', '/vigie-fr-links/panels/1', '/vigie-fr-links/variables/org'])
    assert.is((await get(`/api/v1/dashboards${path}`)).statusCode, 401, path)
  assert.is((await get('/assets/viewer.css')).statusCode, 200)
  const form = await get('/login?lang=en')
  assert.match(form.body, /Log in/)
  assert.match(String(form.headers['content-security-policy']), /form-action 'self'/)
})

logIn('a cookie opens the page that was asked for, and no page of another site', async () => {
  const answer = await post('soc', 'tout voir', '/d/vigie-fr-links?from=now-1h')
  assert.is(answer.headers.location, '/d/vigie-fr-links?from=now-1h')
  const cookie = String(answer.headers['set-cookie'])
  assert.match(cookie, /^vigie_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=3600$/)
  assert.is((await get('/d/vigie-fr-links', cookie.split(';')[0])).statusCode, 200)
  for (const next of ['//evil.example', 'https://evil.example', '/\\evil.example'])
    assert.is((await post('soc', 'tout voir', next)).headers.location, '/', next)
})

logIn('wrong names and passwords are told alike, and soon no longer tried', async () => {
  for (const [name, password] of [
    ['soc', 'les nôtres'],
    ['personne', 'tout voir'],
  ] as const) {
    const answer = await post(name, password)
    assert.is(answer.statusCode, 401)
    assert.match(answer.body, /Ce nom et ce mot de passe ne vont pas ensemble/)
    assert.not(answer.headers['set-cookie'])
  }
  for (let i = 0; i < 9; i++) await post('inconnu', 'x')
  assert.is((await post('soc', 'tout voir')).statusCode, 429, 'the address has failed too often')
  nowMs += 6 * 60_000
  assert.is((await post('soc', 'tout voir')).statusCode, 303)
})

logIn('a session ends by itself, and when it is closed', async () => {
  const cookie = await sessionOf('soc', 'tout voir')
  assert.is((await get('/d/vigie-fr-links', cookie)).statusCode, 200)
  await app.inject({ method: 'POST', url: '/logout', headers: { cookie } })
  assert.is((await get('/d/vigie-fr-links', cookie)).statusCode, 302)
  const other = await sessionOf('soc', 'tout voir')
  nowMs += 3_600_001
  assert.is((await get('/d/vigie-fr-links', other)).statusCode, 302)
  nowMs = store.nowMs
})

logIn('every table of the store has a rule or shows nothing to readers of one organisation', async () => {
  const client = createClient({ url: store.url })
  const answer = await client.query({
    query: "SELECT name FROM system.tables WHERE database = 'vigie' AND engine LIKE '%MergeTree'",
    format: 'JSONEachRow',
  })
  const tables = (await answer.json<{ name: string }>()).map(({ name }) => name)
  await client.close()
  assert.equal(
    RULED_TABLES.filter((name) => !tables.includes(name)),
    [],
    'no rule is of a table that is gone',
  )
})

logIn(
  'a reader of one organisation sees no row of another in any panel, whatever the request says',
  async () => {
    const cookie = await sessionOf('chu', 'les nôtres')
    const forged = [
      '',
      'var-org=org-3&var-site=site-2',
      'var-org=$__all&var-site=$__all&organizations=all',
      "var-org=org-3') OR 1=1 --",
    ]
    const mine = new RegExp(`^(?:${MY_SITES.map((id) => `Hôpital n° ${id.slice(5)}`).join('|')})$`)
    for (const board of boards.filter(({ uid }) => uid.startsWith('vigie-fr-'))) {
      for (const [i, { id }] of board.panels.entries())
        for (const words of ['', forged[i % forged.length]!]) {
          const answer = await get(`/api/v1/dashboards/${board.uid}/panels/${id}?${encodeURI(words)}`, cookie)
          assert.is(answer.statusCode, 200, `${board.uid} ${id} ${words}: ${answer.body}`)
          for (const { columns, rows: cells } of answer.json<PanelAnswer>().frames) {
            const at = columns.findIndex(({ name }) => name === 'place' || name === 'place_id')
            if (at < 0) continue
            for (const row of cells) {
              const place = String(row[at])
              assert.ok(
                mine.test(place) || MY_SITES.includes(place),
                `${board.uid} ${id} ${words} shows ${place}`,
              )
            }
          }
        }
    }
  },
)

logIn('incidents and maintenance of others are not marked on that reader’s charts', async () => {
  const marks = async (who: string): Promise<MarksAnswer['marks']> =>
    (
      await get('/api/v1/dashboards/vigie-fr-site/annotations?from=now-7d&to=now&var-org=$__all', who)
    ).json<MarksAnswer>().marks
  const all = await marks(await sessionOf('soc', 'tout voir'))
  const mine = await marks(await sessionOf('chu', 'les nôtres'))
  const kinds = (list: MarksAnswer['marks']): string[] => [...new Set(list.map(({ kind }) => kind))].sort()
  assert.equal(kinds(all), ['Basculements et alarmes', 'Fenêtre de maintenance', 'Incident'])
  assert.equal(kinds(mine), ['Incident'])
  for (const { title } of mine) assert.match(title, /au site (?:2|7|12|17)$/)
})

logIn('counts, sums and lists of that reader are those of its own rows', async () => {
  const cookie = await sessionOf('chu', 'les nôtres')
  const all = await sessionOf('soc', 'tout voir')
  const frame = async (path: string, who: string) =>
    (await get(`/api/v1/dashboards/${path}`, who)).json<PanelAnswer>().frames[0]!
  const sum = (cells: readonly (readonly unknown[])[]): number =>
    Number(cells[0]!.reduce((n: number, c) => n + Number(c), 0))
  assert.is(sum((await frame('vigie-fr-regions/panels/1', all)).rows), 20)
  assert.is(sum((await frame('vigie-fr-regions/panels/1', cookie)).rows), MY_SITES.length)
  const orgs = (await get('/api/v1/dashboards/vigie-fr-links/variables/org', cookie)).json<VariableAnswer>()
  assert.equal(
    orgs.options.map(({ value }) => value),
    [MINE],
  )
  const links = await frame('vigie-fr-billing/panels/1', cookie)
  assert.is(links.rows[0]!.at(-1), MY_SITES.length, 'links billed')
  const ledger = await frame('vigie-fr-pipeline/panels/1', cookie)
  assert.is(Number(ledger.rows[0]?.[0] ?? 0), 0, 'the pipeline belongs to its operators')
  assert.ok(Number((await frame('vigie-fr-pipeline/panels/1', all)).rows[0]![0]) > 0)
})

logIn('a users’ file tells all its mistakes at once, and no hash', () => {
  const path = usersFile(`users:
  - { name: a, password: secret-en-clair, organizations: [] }
  - { name: a, password: "scrypt:3:8:1:AAAA:AAAA", organizations: all, rank: 1 }
`)
  try {
    readUsers(path)
  } catch (error) {
    assert.instance(error, UsersFileError)
    const { message } = error as Error
    assert.is(message.split('\n').length >= 4, true, message)
    assert.match(message, /users\.0\.password: no hash of a password/)
    assert.not.match(message, /secret-en-clair/)
    return
  }
  assert.unreachable()
})

logIn.run()
