import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Command } from '../../app/io.js'
import { UsageError } from '../../app/io.js'
import { normalizeCommand } from '../../app/normalize_command.js'
import { vendorsCommand } from '../../app/vendors_command.js'

const test = suite('vigie normalize, vigie vendors')
let dir = ''
test.before(() => {
  dir = mkdtempSync(join(tmpdir(), 'vigie-normalize-'))
})
test.after(() => rmSync(dir, { recursive: true }))

function file(name: string, content: unknown): string {
  const path = join(dir, name)
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

async function run(
  command: Command,
  ...args: string[]
): Promise<{ status: number; out: string; err: string }> {
  let [out, err] = ['', '']
  const collect = (take: (text: string) => void) =>
    new Writable({
      write(chunk, _encoding, done) {
        take(String(chunk))
        done()
      },
    })
  const stdout = collect((text) => {
    out += text
  })
  const stderr = collect((text) => {
    err += text
  })
  const status = await command(args, { stdout, stderr, env: { VIGIE_LANG: 'en' } })
  return { status, out, err }
}

const rejection = async (...args: string[]): Promise<string> => {
  try {
    await run(normalizeCommand, ...args)
  } catch (error) {
    assert.instance(error, UsageError)
    return (error as Error).message
  }
  throw new Error('was accepted')
}

const tunnel = { tunnel_stats: { 1: { rtt: 20, drop_rate: 1, status: 'up' } } }

test('prints JSON lines, a file each its own vendor', async () => {
  const first = file('first.json', tunnel)
  const second = file('second.log', 'log_type="SD-WAN" gw_name="W" latency=3 gw_status="down"\n')
  const { status, out, err } = await run(normalizeCommand, '--vendor', 'auto', first, second)
  assert.is(status, 0)
  assert.is(err, '')
  const vendors = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).vendor)
  assert.equal(vendors, ['flexiwan', 'sophos'])
})

test('says what it could not read, where, and ends with 1; the rest is printed', async () => {
  const torn = file('torn.log', 'log_type="SD-WAN" gw_name="W" latency=3\ngibberish\n')
  const { status, out, err } = await run(
    normalizeCommand,
    '--vendor',
    'auto',
    torn,
    file('half.json', '{"a":'),
  )
  assert.is(status, 1)
  assert.is(out.trim().split('\n').length, 1)
  assert.match(err, /torn\.log: line 2: no log line of Sophos/)
  assert.match(err, /half\.json: not JSON .*send the answer whole/)
})

test('a vendor that is named must know the payload', async () => {
  const { status, err } = await run(normalizeCommand, '--vendor', 'fortinet', file('flexi.json', tunnel))
  assert.is(status, 1)
  assert.match(err, /flexi\.json: not a payload of Fortinet FortiGate that is known/)
})

test('a payload that is known but tells nothing of links prints nothing and ends with 0', async () => {
  const devices = file('devices.json', { data: [{ 'system-ip': '10.0.0.1', reachability: 'reachable' }] })
  assert.equal(await run(normalizeCommand, '--vendor', 'auto', devices), { status: 0, out: '', err: '' })
  assert.equal(await run(normalizeCommand, '--vendor', 'auto', file('none.json', { data: [] })), {
    status: 0,
    out: '',
    err: '',
  })
})

test('prints tables and CSV with the columns that are filled', async () => {
  const { out } = await run(
    normalizeCommand,
    '--vendor',
    'auto',
    '--format',
    'csv',
    '--site',
    's1',
    file('t.json', tunnel),
  )
  const [head, row] = out.trim().split('\n')
  assert.match(head!, /^kind,vendor,observed_at_source,site,link,direction,latency_ms/)
  assert.match(row!, /^tunnel,flexiwan,received,s1,tunnel 1,both,20/)
})

test('a mapping reads any CSV or JSON without code', async () => {
  const mapping = file(
    'map.yaml',
    [
      'vendor: acme',
      'kind: tunnel',
      'format: csv',
      'separator: ";"',
      'time: when',
      'fields:',
      '  device: box',
      '  remote: { value: hub }',
      '  latency_ms: { field: rtt, unit: us }',
      '  loss_ratio: { field: lost, unit: percent }',
      '  tx_bps: { field: out, unit: kbps }',
      '  state: { field: st, map: { OKAY: up } }',
    ].join('\n'),
  )
  const csv = file('a.csv', 'box;when;rtt;lost;out;st\nb1;1700000000;2500;1.5;8;OKAY\nb2;;;;;odd\n')
  const { status, out } = await run(normalizeCommand, '--mapping', mapping, csv)
  assert.is(status, 0)
  const [first, second] = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  assert.equal(first, {
    kind: 'tunnel',
    vendor: 'acme',
    observed_at: '2023-11-14T22:13:20.000Z',
    device: 'b1',
    remote: 'hub',
    latency_ms: 2.5,
    loss_ratio: 0.015,
    tx_bps: 8000,
    state: 'up',
    state_raw: 'OKAY',
  })
  assert.equal(second, {
    kind: 'tunnel',
    vendor: 'acme',
    observed_at_source: 'received',
    device: 'b2',
    remote: 'hub',
    state: 'unknown',
    state_raw: 'odd',
  })
  const nested = file(
    'map2.yaml',
    'kind: link\nrows: out.links\nfields: { link: id.name, latency_ms: m.0 }\n',
  )
  const json = file('b.json', { out: { links: [{ id: { name: 'x' }, m: [4] }] } })
  assert.match((await run(normalizeCommand, '--mapping', nested, json)).out, /"link":"x","latency_ms":4/)
})

test('the canonical form itself is read, as JSON and as CSV', async () => {
  const record = {
    kind: 'link',
    vendor: 'own',
    observed_at: '2024-01-01T00:00:00Z',
    link: 'l',
    latency_ms: '4',
  }
  const { out } = await run(normalizeCommand, '--vendor', 'auto', file('own.json', [record]))
  assert.match(out, /"vendor":"own","observed_at":"2024-01-01T00:00:00.000Z","link":"l","latency_ms":4/)
  const csv = file('own.csv', 'kind,link,observed_at,loss_ratio\nlink,l,2024-01-01T00:00:00Z,0.5\n')
  assert.match(
    (await run(normalizeCommand, '--vendor', 'generic', csv)).out,
    /"vendor":"generic".*"loss_ratio":0.5/,
  )
})

test('a wrong command line says what to do', async () => {
  const some = file('some.json', tunnel)
  assert.match(await rejection('--vendor', 'auto'), /needs at least one file/)
  assert.match(await rejection(some), /--vendor ID or --vendor auto/)
  assert.match(await rejection('--vendor', 'acme', some), /no such vendor/)
  const bad = file('bad.yaml', 'kind: link\nfields: { latency: rtt }\n')
  assert.match(await rejection('--mapping', bad, some), /no canonical keys: latency/)
})

test('vendors are listed with what they fill', async () => {
  const { status, out } = await run(vendorsCommand)
  assert.is(status, 0)
  const rows = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  assert.is(rows.length, 26)
  assert.is(new Set(rows.map(({ id }) => id)).size, 26)
  assert.match((await run(vendorsCommand, 'versa', '--format', 'table')).out, /versa +Versa +rest syslog/)
})

test.run()
