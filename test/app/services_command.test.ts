import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { registryCommand } from '../../app/registry_command.js'
import { servicesCommand } from '../../app/services_command.js'
import { serviceCostsFile } from '../../bench/service_costs_file.js'
import { SERVICE_COSTS } from '../../detect/service_costs.generated.js'
import { SERVICES } from '../../detect/services/index.js'
import { NatsFixture } from '../ingest/bus/nats_fixture.js'

const test = suite('vigie services')

type Row = Readonly<Record<string, unknown>>

const env: Record<string, string> = { VIGIE_LANG: 'en' }

/** What a call of the command says. */
async function said(...args: string[]): Promise<{ rows: Row[]; errors: string; text: string }> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  assert.is(await servicesCommand(args, { stdout, stderr, env }), 0)
  const text = String(stdout.read() ?? '')
  const rows = args.includes('table')
    ? []
    : text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Row)
  return { rows, text, errors: String(stderr.read() ?? '') }
}

test('lists each service with its title, techniques, needs and cost', async () => {
  const { rows } = await said()
  assert.equal(
    rows.map(({ id }) => id),
    SERVICES.map(({ id }) => id),
  )
  const scan = rows.find(({ id }) => id === 'scan')!
  for (const key of ['title', 'techniques', 'needs', 'worker_ns', 'detector_ns', 'measured'])
    assert.ok(scan[key] !== undefined && scan[key] !== '', key)
})

test('a cost says on which machine and day it was measured', async () => {
  const { rows } = await said()
  for (const row of rows) assert.is(row.measured !== undefined, row.worker_ns !== undefined, String(row.id))
  assert.ok(String(rows[0]!.measured).includes(SERVICE_COSTS.machine))
  const { text, errors } = await said('--format', 'table')
  assert.not.match(text, SERVICE_COSTS.machine)
  assert.match(errors, `measured on ${SERVICE_COSTS.date} (${SERVICE_COSTS.machine})`)
})

test('what was not measured, or does not look at flows, has no cost', async () => {
  const { rows } = await said()
  assert.is(rows.find(({ id }) => id === 'sla')!.worker_ns, undefined)
  for (const id of Object.keys(SERVICE_COSTS.services))
    assert.ok(
      SERVICES.some((s) => s.id === id),
      id,
    )
})

const folder = mkdtempSync(join(tmpdir(), 'vigie-services-'))
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}
const registry = file(
  'registry.yaml',
  `
organizations:
  - { id: lab, name: { fr: L, en: L }, services: { scan: { hosts: 50 }, p2p: { mode: shadow, networks: 60 }, sla: {} } }
  - { id: other, name: { fr: O, en: O } }
sites:
  - { id: lab-1, organization: lab, services: { p2p: { mode: active, networks: 90 }, scan: { mode: shadow } } }
`,
)
const config = file(
  'vigie.yaml',
  `detector:
  services: [scan, p2p]
  defaults:
    scan: { ports: 99, hosts: 3 }
    p2p: { quiet_s: 7200 }
`,
)
const inForce = async (id: string, ...where: string[]): Promise<Record<string, unknown[]>> => {
  const { rows } = await said(id, ...where, '--registry', registry, '--config', config)
  return Object.fromEntries(
    rows.map((r) => [r.parameter, [r.value, r.origin, String(r.where).replace(folder, '')]]),
  )
}

test('tells what is in force for an organisation, and who said it', async () => {
  const scan = await inForce('scan', '--org', 'lab')
  assert.equal(scan.mode, ['active', 'default', ''])
  assert.equal(scan.hosts, [50, 'organization', 'lab'])
  assert.equal(scan.ports, [99, 'installation', '/vigie.yaml:4:20'])
  assert.is(scan.window_s![1], 'default')
  assert.equal((await inForce('p2p', '--org', 'lab')).mode, ['shadow', 'organization', 'lab'])
})

test('tells what is in force at a site', async () => {
  const p2p = await inForce('p2p', '--site', 'lab-1')
  assert.equal(
    [p2p.mode, p2p.networks],
    [
      ['active', 'site', 'lab-1'],
      [90, 'site', 'lab-1'],
    ],
  )
  assert.equal(p2p.quiet_s, [7200, 'installation', '/vigie.yaml:5:21'])
  const scan = await inForce('scan', '--org', 'lab', '--site', 'lab-1')
  assert.equal(
    [scan.mode, scan.hosts],
    [
      ['shadow', 'site', 'lab-1'],
      [50, 'organization', 'lab'],
    ],
  )
})

test('a service that does not run, or that an organisation did not subscribe to, is off', async () => {
  assert.equal((await inForce('sla', '--org', 'lab')).mode, ['off', 'installation', '/vigie.yaml:2:13'])
  const { rows } = await said('--org', 'lab', '--registry', registry)
  const modes = Object.fromEntries(rows.map((r) => [r.id, `${r.mode} ${r.origin}`]))
  assert.equal(
    [modes.ddos, modes.sla, modes.p2p],
    ['off organization', 'active default', 'shadow organization'],
  )
})

test('asks the running pipeline, where no file is named', async () => {
  const nats = new NatsFixture()
  await nats.start()
  try {
    env.NATS_URL = nats.server.url
    const [stdout, stderr] = [new PassThrough(), new PassThrough()]
    assert.is(await registryCommand(['apply', registry], { stdout, stderr, env }), 0)
    const { rows } = await said('scan', '--site', 'lab-1')
    assert.equal([rows[0]!.value, rows[0]!.origin, rows[0]!.where], ['shadow', 'site', 'lab-1'])
  } finally {
    delete env.NATS_URL
    await nats.stop()
  }
})

test('says which organisation, site or service is none', async () => {
  const fails = async (from: string, ...args: string[]): Promise<string> =>
    said('scan', ...args, '--registry', from).then(
      () => 'nothing',
      (error: Error) => error.message,
    )
  assert.match(await fails(registry, '--org', 'nobody'), "no organisation 'nobody'")
  assert.match(await fails(registry, '--site', 'nowhere'), "no site 'nowhere'")
  assert.match(
    await fails(registry, '--org', 'other', '--site', 'lab-1'),
    'site lab-1 is of organisation lab',
  )
  const bad = file('bad.yaml', 'organizations: [{ id: a, name: { fr: A, en: A }, services: { scam: {} } }]\n')
  assert.match(await fails(bad, '--org', 'a'), 'a: services.scam?')
})

test('the bench writes what the command reads', () => {
  const costs = {
    observeNs: { 'before any service': 20, scan: 9 },
    applyNs: { 'before any service': 1, scan: 1.5 },
  }
  const file = serviceCostsFile(costs, { machine: "Maker's 3000", date: '2026-11-29' })
  assert.match(file, "machine: 'Maker\\'s 3000',\n  date: '2026-11-29',")
  assert.match(file, '    scan: { worker_ns: 9, detector_ns: 1.5 },\n')
  assert.not.match(file, 'before')
})

test.run()
