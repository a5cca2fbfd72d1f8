import { PassThrough } from 'node:stream'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { CommandIo } from '../../app/io.js'
import { servicesCommand } from '../../app/services_command.js'
import { serviceCostsFile } from '../../bench/service_costs_file.js'
import { SERVICE_COSTS } from '../../detect/service_costs.generated.js'
import { SERVICES } from '../../detect/services/index.js'

const test = suite('vigie services')

type Row = Readonly<Record<string, unknown>>

/** What a call of the command says. */
async function said(...args: string[]): Promise<{ rows: Row[]; errors: string; text: string }> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const io = { stdout, stderr, env: { VIGIE_LANG: 'en' } } as unknown as CommandIo
  assert.is(await servicesCommand(args, io), 0)
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
