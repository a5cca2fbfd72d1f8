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
import type { FindingDesk } from '../../dashboards/viewer/server/finding_desk.js'
import { hashPassword } from '../../dashboards/viewer/server/passwords.js'
import { Viewer } from '../../dashboards/viewer/server/routes.js'
import { readUsers } from '../../dashboards/viewer/server/users_file.js'
import type { PageData } from '../../dashboards/viewer/shared/protocol.js'
import { type FindingAnswer, TOKEN_HEADER } from '../../dashboards/viewer/shared/triage.js'
import { DEMO } from './demo_rows.js'
import { type DemoStore, QUIET, startDemoStore } from './demo_store.js'

/** The attack of the demonstration belongs to organisation 5; scans 1, 6, 11 … to organisation 2. */
const MINE = 'org-2'
const MY_FINDING = 'scan-1'
const INCIDENT = 'incident-of-scan-1'

const actions = suite('viewer: actions on findings')
const folder = mkdtempSync(join(tmpdir(), 'vigie-actions-'))
let store: DemoStore
let rows: RowSource
let app: FastifyInstance
let nowMs = 0
/** What reached the pipeline. */
const done: { what: string; said: Record<string, unknown> }[] = []
let fails = false

const take = (what: string) => async (said: object) => {
  if (fails) throw new Error('no NATS')
  done.push({ what, said: said as Record<string, unknown> })
}
const desk: FindingDesk = { mark: take('mark'), acknowledge: take('acknowledge'), silence: take('silence') }

function viewer(config: object, users: object = {}): FastifyInstance {
  const server = fastify()
  new Viewer(viewerSchema.parse(config), {
    rows,
    clock: { nowMs: () => nowMs },
    logger: QUIET,
    metrics: new Registry(),
    dashboards: builtInAll(SERVICE_TITLES),
    services: SERVICE_TITLES,
    desk,
    ...users,
  }).register(server)
  return server
}

actions.before(async () => {
  store = await startDemoStore()
  nowMs = store.nowMs
  rows = clickHouseRows(store.url, 4)
  const client = createClient({ url: store.url })
  const time = nowMs
  await client.insert({
    table: 'vigie.incidents',
    values: [
      {
        uid: INCIDENT,
        step: 1,
        number: 'VIG-1',
        state: 'new',
        org: MINE,
        title_fr: 'Balayage',
        title_en: 'Scan',
      },
      {
        uid: 'other',
        step: 1,
        number: 'VIG-2',
        state: 'new',
        org: 'org-5',
        title_fr: 'Attaque',
        title_en: 'Attack',
      },
    ].map((row) => ({ ...row, opened: time })),
    format: 'JSONEachRow',
  })
  await client.insert({
    table: 'vigie.incident_findings',
    values: [
      { finding: MY_FINDING, step: 1, incident: INCIDENT, rule: 'group', time },
      { finding: DEMO.attack, step: 1, incident: 'other', rule: 'group', time },
    ],
    format: 'JSONEachRow',
  })
  await client.insert({
    table: 'vigie.finding_actions',
    values: [
      {
        finding: DEMO.attack,
        time,
        action: 'mark',
        verdict: 'true_positive',
        by: 'operator:blaise',
        org: 'org-5',
        comment: 'confirmé',
      },
    ],
    format: 'JSONEachRow',
  })
  await client.close()
  const path = join(folder, 'users.yaml')
  const hash = await hashPassword('mot de passe')
  writeFileSync(
    path,
    `users:
  - { name: soc, password: "${hash}", organizations: all, role: analyst }
  - { name: chu, password: "${hash}", organizations: [${MINE}], role: analyst }
  - { name: lecteur, password: "${hash}", organizations: all }
`,
  )
  app = viewer({ users_file: path }, { users: readUsers(path) })
})
actions.after(async () => {
  await app.close()
  await rows.close()
  await store.stop()
  rmSync(folder, { recursive: true, force: true })
})
actions.before.each(() => {
  done.length = 0
  fails = false
  // A minute later, so that no test uses up another one's actions.
  nowMs += 61_000
})

async function logIn(name: string): Promise<string> {
  const answer = await app.inject({
    method: 'POST',
    url: '/login',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: new URLSearchParams({ name, password: 'mot de passe' }).toString(),
  })
  return String(answer.headers['set-cookie']).split(';')[0]!
}

const pageOf = async (cookie: string, server = app, headers = {}): Promise<PageData> => {
  const { body } = await server.inject({ url: '/d/vigie-fr-findings', headers: { cookie, ...headers } })
  return JSON.parse(/id="page-data">(.*)<\/script>/.exec(body)![1]!.replaceAll('\\u003c', '<')) as PageData
}

async function tokenOf(cookie: string): Promise<string> {
  const { rights } = await pageOf(cookie)
  return rights.act ? rights.token : ''
}

const act = (uid: string, body: object, cookie: string, token: string, headers: object = {}) =>
  app.inject({
    method: 'POST',
    url: `/api/v1/findings/${uid}/actions?lang=fr`,
    headers: { cookie, [TOKEN_HEADER]: token, ...headers },
    payload: body,
  })
const FALSE_POSITIVE = { action: 'mark', verdict: 'false_positive', comment: ' essai ', days: 30 }

actions('an analyst marks what it sees, by its name and from its address', async () => {
  const cookie = await logIn('chu')
  const answer = await act(MY_FINDING, FALSE_POSITIVE, cookie, await tokenOf(cookie))
  assert.is(answer.statusCode, 202, answer.body)
  assert.equal(done, [
    {
      what: 'mark',
      said: {
        finding: MY_FINDING,
        by: 'operator:chu',
        origin: 'viewer 127.0.0.1',
        time: nowMs,
        org: MINE,
        comment: 'essai',
        until: nowMs + 30 * 86_400_000,
        verdict: 'false_positive',
      },
    },
  ])
})

actions('an analyst takes charge of the incident, and silences the detection at the site', async () => {
  const cookie = await logIn('chu')
  const token = await tokenOf(cookie)
  assert.is((await act(MY_FINDING, { action: 'acknowledge' }, cookie, token)).statusCode, 202)
  assert.is((await act(MY_FINDING, { action: 'silence', hours: 4 }, cookie, token)).statusCode, 202)
  assert.equal(
    done.map(({ what, said }) => [what, said.incident, said.org, said.site, said.service, said.until]),
    [
      ['acknowledge', INCIDENT, MINE, undefined, undefined, undefined],
      ['silence', undefined, MINE, 'site-2', 'scan', nowMs + 4 * 3_600_000],
    ],
  )
  assert.is((await act('scan-6', { action: 'acknowledge' }, cookie, token)).statusCode, 409)
})

actions(
  'an analyst of one organisation neither sees nor touches the findings of another, by no id',
  async () => {
    const cookie = await logIn('chu')
    const token = await tokenOf(cookie)
    const forged = [
      DEMO.attack,
      'ddos-out',
      'scan-0',
      'nobody',
      "scan-1' OR org = 'org-5",
      "x') OR 1=1 --",
      '%',
      '../scan-1',
      'scan-1\\',
    ]
    for (const uid of forged) {
      const path = encodeURIComponent(uid)
      for (const body of [FALSE_POSITIVE, { action: 'acknowledge' }, { action: 'silence', hours: 1 }])
        assert.is((await act(path, body, cookie, token)).statusCode, 404, uid)
      const shown = await app.inject({ url: `/api/v1/findings/${path}`, headers: { cookie } })
      assert.is(shown.statusCode, 404, uid)
      assert.not.match(shown.body, /org-5|Inondation/)
    }
    // What a body says beside does not help.
    for (const more of [
      { org: 'org-5' },
      { finding: DEMO.attack },
      { by: 'operator:soc' },
      { incident: 'other' },
    ])
      assert.is((await act(MY_FINDING, { ...FALSE_POSITIVE, ...more }, cookie, token)).statusCode, 400)
    assert.equal(done, [])
  },
)

actions('a reader, and who is not logged in, may not act', async () => {
  const reader = await logIn('lecteur')
  const { rights } = await pageOf(reader)
  assert.equal(rights, { act: false, why: 'read_only' })
  const analyst = await logIn('soc')
  const token = await tokenOf(analyst)
  assert.is((await act(DEMO.attack, FALSE_POSITIVE, reader, token)).statusCode, 403)
  assert.is((await act(DEMO.attack, FALSE_POSITIVE, '', token)).statusCode, 401)
  const shown = await app.inject({ url: `/api/v1/findings/${DEMO.attack}`, headers: { cookie: reader } })
  assert.is(shown.statusCode, 200, 'but it reads')
  assert.is((await app.inject({ url: `/api/v1/findings/${DEMO.attack}` })).statusCode, 401)
  assert.equal(done, [])
})

actions('a page of another site, or of another session, moves nothing', async () => {
  const cookie = await logIn('soc')
  const token = await tokenOf(cookie)
  const other = await tokenOf(await logIn('chu'))
  assert.is.not(token, other)
  for (const [given, headers] of [
    ['', {}],
    [other, {}],
    [`${token}x`, {}],
    [token, { 'sec-fetch-site': 'cross-site' }],
    [token, { 'sec-fetch-site': 'same-site' }],
    [token, { origin: 'https://evil.example', host: 'vigie.example' }],
    [token, { origin: 'null', host: 'vigie.example' }],
  ] as const)
    assert.is((await act(DEMO.attack, FALSE_POSITIVE, cookie, given, headers)).statusCode, 403)
  const form = await act(DEMO.attack, {}, cookie, token, {
    'content-type': 'application/x-www-form-urlencoded',
  })
  assert.ok(form.statusCode >= 400)
  assert.equal(done, [])
  for (const headers of [
    { 'sec-fetch-site': 'same-origin' },
    { origin: 'https://vigie.example', host: 'vigie.example' },
  ])
    assert.is((await act(DEMO.attack, FALSE_POSITIVE, cookie, token, headers)).statusCode, 202)
  assert.is(done.length, 2)
})

actions('what is no action is refused, and too many of them', async () => {
  const cookie = await logIn('soc')
  const token = await tokenOf(cookie)
  for (const body of [
    {},
    { action: 'delete' },
    { action: 'mark', verdict: 'maybe' },
    { action: 'mark', verdict: 'expected', days: 10_000 },
    { action: 'silence', hours: 9999 },
    { action: 'mark', verdict: 'expected', comment: 'x'.repeat(1001) },
  ])
    assert.is((await act(DEMO.attack, body, cookie, token)).statusCode, 400)
  assert.is(
    (await act(DEMO.attack, { ...FALSE_POSITIVE, comment: 'x'.repeat(9000) }, cookie, token)).statusCode,
    413,
  )
  let refused = 0
  for (let i = 0; i < 80; i++) if ((await act(DEMO.attack, {}, cookie, token)).statusCode === 429) refused++
  assert.is(refused, 80 - (60 - 6))
  nowMs += 60_000
  assert.is((await act(DEMO.attack, FALSE_POSITIVE, cookie, token)).statusCode, 202, 'a minute later again')
})

actions('when the pipeline does not answer, it is said, in the language of the page', async () => {
  const cookie = await logIn('soc')
  fails = true
  const answer = await act(DEMO.attack, FALSE_POSITIVE, cookie, await tokenOf(cookie))
  assert.is(answer.statusCode, 503)
  assert.match(answer.json<{ error: string }>().error, /la chaîne ne répond pas/)
})

actions('a finding is shown with evidence, timeline, sites, incident and mark', async () => {
  const cookie = await logIn('soc')
  const get = async (lang: string): Promise<FindingAnswer> =>
    (await app.inject({ url: `/api/v1/findings/${DEMO.attack}?lang=${lang}`, headers: { cookie } })).json()
  const fr = await get('fr')
  assert.is(fr.title, 'Inondation SYN vers un hôte du site site-4')
  assert.is(fr.severity.text, 'Critique')
  assert.equal([fr.status, fr.mark?.verdict, fr.mark?.by], ['open', 'true_positive', 'blaise'])
  assert.equal([fr.incident?.number, fr.incident?.state], ['VIG-2', 'Nouveau'])
  assert.equal(
    fr.evidence.find(({ name }) => name === 'Forme'),
    { name: 'Forme', value: 'Inondation SYN' },
  )
  assert.equal(
    fr.timeline.map(({ what, by, comment }) => [what, by, comment]),
    [
      ['Ouverture', '', ''],
      ['Mise à jour', '', ''],
      ['Marque\u00a0: Vrai positif', 'blaise', 'confirmé'],
    ],
  )
  assert.equal(
    fr.sites.map(({ id }) => id),
    ['site-4'],
  )
  const en = await get('en')
  assert.equal([en.severity.text, en.mark?.text], ['Critical', 'True positive'])
  assert.is(en.timeline[2]!.what, 'Mark: True positive')
})

actions('where nobody logs in, nobody acts, unless those at this machine may', async () => {
  const closed = viewer({})
  assert.equal((await pageOf('', closed)).rights, { act: false, why: 'log_in_to_act' })
  await closed.close()
  const open = viewer({ act_without_log_in: true })
  const host = { host: '127.0.0.1:8080' }
  const { rights } = await pageOf('', open, host)
  assert.is(rights.act, true)
  const token = rights.act ? rights.token : ''
  const post = (headers: object, remoteAddress = '127.0.0.1') =>
    open.inject({
      method: 'POST',
      url: `/api/v1/findings/${DEMO.attack}/actions`,
      headers: { ...host, [TOKEN_HEADER]: token, ...headers },
      remoteAddress,
      payload: FALSE_POSITIVE,
    })
  assert.is((await post({}, '192.0.2.9')).statusCode, 403)
  assert.is((await post({ host: 'rebound.example' })).statusCode, 403)
  assert.is((await post({ [TOKEN_HEADER]: '' })).statusCode, 403)
  assert.equal(done, [])
  assert.is((await post({})).statusCode, 202)
  assert.is(done[0]!.said.by, 'operator:viewer')
  await open.close()
})

actions.run()
