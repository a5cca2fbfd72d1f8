import { type ChildProcess, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { Registry } from 'prom-client'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { normalisePayload } from '../../../ingest/edge/normalise.js'
import { pollingSchema } from '../../../ingest/poll/config.js'
import { PollerSet } from '../../../ingest/poll/poller_set.js'
import { WALL_CLOCK } from '../../../ingest/poll/ports.js'
import { snmpAgentsSchema } from '../../../ingest/poll/snmp/config.js'
import type { EdgeRecord } from '../../../model/edge_record.js'
import { KeptLog, MemorySink, MemoryState } from './poll_fixture.js'

/** The SNMP poller against Debian's snmpd, which serves CISCO-RTTMON-MIB and FORTINET-FORTIGATE-MIB from a script of ours. */
const tests = suite('SNMP')
const dir = mkdtempSync(join(tmpdir(), 'vigie-snmp-'))
const SNMPD = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin']
  .map((path) => join(path, 'snmpd'))
  .find((path) => existsSync(path))
const KEYS = { user: 'vigie', auth_key: 'auth-secret-77', priv_key: 'priv-secret-88' }
let port = 0
let daemon: ChildProcess | undefined

/** Operation 10 is an echo, 20 a jitter operation, 30 one that timed out. */
const RTT = '.1.3.6.1.4.1.9.9.42.1.2.10.1'
const JITTER = '.1.3.6.1.4.1.9.9.42.1.5.2.1'
const VWL = '.1.3.6.1.4.1.12356.101.4.9.2.1'
const SERVED: readonly (readonly [oid: string, type: string, value: string])[] = [
  [`${RTT}.1.10`, 'gauge', '23'],
  [`${RTT}.1.20`, 'gauge', '31'],
  [`${RTT}.1.30`, 'gauge', '0'],
  [`${RTT}.2.10`, 'integer', '1'],
  [`${RTT}.2.20`, 'integer', '1'],
  [`${RTT}.2.30`, 'integer', '4'],
  [`${JITTER}.1.20`, 'gauge', '10'],
  [`${JITTER}.2.20`, 'gauge', '310'],
  [`${JITTER}.26.20`, 'gauge', '2'],
  [`${JITTER}.27.20`, 'gauge', '0'],
  [`${JITTER}.31.20`, 'integer', '1'],
  [`${JITTER}.42.20`, 'gauge', '434'],
  [`${JITTER}.47.20`, 'gauge', '3'],
  [`${JITTER}.48.20`, 'gauge', '4'],
  [`${JITTER}.49.20`, 'gauge', '14'],
  [`${JITTER}.50.20`, 'gauge', '17'],
  [`${VWL}.2.1`, 'string', 'RGT'],
  [`${VWL}.4.1`, 'integer', '0'],
  [`${VWL}.5.1`, 'string', '5.611'],
  [`${VWL}.6.1`, 'string', '0.031'],
  [`${VWL}.9.1`, 'string', '0.500'],
  [`${VWL}.14.1`, 'string', 'wan1'],
]

/** Speaks pass_persist (snmpd.conf(5)) over a list of cells in the order of their identifiers. */
const SCRIPT = `
import { createInterface } from 'node:readline'
import { readFileSync } from 'node:fs'
const cells = JSON.parse(readFileSync(process.argv[2], 'utf8'))
const parts = (oid) => oid.split('.').filter(Boolean).map(Number)
const compare = (a, b) => {
  const [x, y] = [parts(a), parts(b)]
  for (let i = 0; i < Math.min(x.length, y.length); i++) if (x[i] !== y[i]) return x[i] - y[i]
  return x.length - y.length
}
cells.sort((a, b) => compare(a[0], b[0]))
let verb
createInterface({ input: process.stdin }).on('line', (line) => {
  if (line === 'PING') return void process.stdout.write('PONG\\n')
  if (verb === undefined) return void (verb = line)
  const found = verb === 'get' ? cells.find(([oid]) => oid === line) : cells.find(([oid]) => compare(oid, line) > 0)
  verb = undefined
  process.stdout.write(found ? found.join('\\n') + '\\n' : 'NONE\\n')
})
`

async function freePort(): Promise<number> {
  const socket = createSocket('udp4')
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  const { port: free } = socket.address()
  await new Promise<void>((resolve) => socket.close(() => resolve()))
  return free
}

tests.before(async () => {
  if (SNMPD === undefined) return
  port = await freePort()
  const [script, cells, log] = ['mib.mjs', 'cells.json', 'snmpd.log'].map((name) => join(dir, name))
  writeFileSync(script!, SCRIPT)
  writeFileSync(cells!, JSON.stringify(SERVED))
  const serve = `${process.execPath} ${script} ${cells}`
  const conf = [
    `agentAddress udp:127.0.0.1:${port}`,
    'rocommunity community-secret-66 127.0.0.1',
    `createUser ${KEYS.user} SHA-256 ${KEYS.auth_key} AES ${KEYS.priv_key}`,
    `rouser ${KEYS.user} priv`,
    `pass_persist .1.3.6.1.4.1.9.9.42.1 ${serve}`,
    `pass_persist .1.3.6.1.4.1.12356.101.4.9 ${serve}`,
  ].join('\n')
  writeFileSync(join(dir, 'snmpd.conf'), `${conf}\n`)
  daemon = spawn(SNMPD, ['-f', '-C', '-c', join(dir, 'snmpd.conf'), '-Lf', log!, '-p', join(dir, 'pid')], {
    stdio: 'ignore',
    env: { ...process.env, SNMP_PERSISTENT_DIR: dir, MIBS: '' },
  })
  const ended = new Promise<never>((_resolve, reject) => {
    daemon!.once('exit', (code) =>
      reject(new Error(`snmpd ended with ${code}: ${readFileSync(log!, 'utf8')}`)),
    )
  })
  ended.catch(() => undefined)
  await Promise.race([ended, listening()])
})

/** The kernel lists the socket of the agent. */
async function listening(): Promise<void> {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')} `
  while (!readFileSync('/proc/net/udp', 'utf8').includes(wanted))
    await new Promise((resolve) => setTimeout(resolve, 20))
}

tests.after(async () => {
  if (daemon !== undefined && daemon.exitCode === null) {
    const gone = new Promise((resolve) => daemon!.once('exit', resolve))
    daemon.kill()
    await gone
  }
  rmSync(dir, { recursive: true, force: true })
})

interface Polled {
  readonly sink: MemorySink
  readonly log: KeptLog
  readonly records: EdgeRecord[]
}

/** One round of an agent, to its first payload of each table or its first complaint. */
async function polled(agent: object, env: Readonly<Record<string, string>>): Promise<Polled> {
  const snmp = snmpAgentsSchema.parse([{ id: 'a1', host: '127.0.0.1', port, device: 'router-1', ...agent }])
  const [sink, log] = [new MemorySink(), new KeptLog()]
  const set = new PollerSet(
    { pollers: [], snmp, polling: pollingSchema.parse({}) },
    {
      sink,
      state: new MemoryState(),
      clock: WALL_CLOCK,
      logger: log,
      metrics: new Registry(),
      random: Math.random,
      env,
    },
  )
  await set.start()
  while (sink.payloads.size < snmp[0]!.tables.length && log.lines.length === 0)
    await new Promise((resolve) => setTimeout(resolve, 10))
  await set.stop()
  const records = [...sink.payloads.values()].flatMap(({ vendor, bytes, origin, receivedMs }) => {
    const read = normalisePayload(Buffer.from(bytes).toString('utf8'), { vendor, origin, receivedMs })
    assert.equal(read.rejects, [])
    return read.records
  })
  return { sink, log, records }
}

const V3 = { version: '3', credentials_env: { user: 'U', auth_key: 'A', priv_key: 'P' } }
const V3_ENV = { U: KEYS.user, A: KEYS.auth_key, P: KEYS.priv_key }
const V2 = { version: '2c', credentials_env: { community: 'C' } }
const V2_ENV = { C: 'community-secret-66' }

function real(name: string, test: () => Promise<void>): void {
  if (SNMPD !== undefined || process.env.CI) tests(name, test)
  else {
    process.stderr.write(`skipped '${name}': snmpd not installed (apt-get install snmpd)\n`)
    tests.skip(name, test)
  }
}

for (const [name, agent, env] of [
  ['v2c', V2, V2_ENV],
  ['v3 with SHA-256 and AES', V3, V3_ENV],
] as const)
  real(`reads IP SLA by ${name}`, async () => {
    const { records, sink } = await polled({ ...agent, tables: ['ip-sla'] }, env)
    const of = (link: string, direction: string) =>
      records.find(
        (record) =>
          record.link === `ip-sla ${link}` && (record as { direction?: string }).direction === direction,
      )
    assert.is((of('10', 'both') as { latency_ms?: number }).latency_ms, 23)
    const jitter = of('20', 'both') as { latency_ms?: number; mos?: number; device?: string }
    assert.is(jitter.latency_ms, 31)
    assert.is(jitter.mos, 4.34)
    assert.is(jitter.device, 'router-1')
    assert.is((of('20', 'tx') as { latency_ms?: number }).latency_ms, 14)
    const failed = of('30', 'both') as { latency_ms?: number; state?: string }
    assert.is(failed.state, 'down')
    assert.is(failed.latency_ms, undefined)
    assert.equal([...sink.payloads.values()][0]!.origin, {
      way: 'snmp',
      source: 'a1',
      address: '127.0.0.1',
      device: 'router-1',
    })
  })

real('reads health checks of FortiGate', async () => {
  const { records } = await polled({ ...V3, tables: ['fortinet'] }, V3_ENV)
  const { link, latency_ms, loss_ratio, state } = records[0] as {
    link?: string
    latency_ms?: number
    loss_ratio?: number
    state?: string
  }
  assert.equal(
    { link, latency_ms, loss_ratio, state },
    { link: 'wan1', latency_ms: 5.611, loss_ratio: 0.005, state: 'up' },
  )
})

real('reads the interfaces of this machine', async () => {
  const { records } = await polled({ ...V3, tables: ['if-mib'] }, V3_ENV)
  const lo = records.find(({ link }) => link === 'lo') as {
    kind: string
    rx_bytes?: number
    bytes_kind?: string
    device?: string
  }
  assert.is(lo.kind, 'counters')
  assert.is(lo.bytes_kind, 'cumulative')
  assert.is(lo.device, 'router-1')
  assert.ok(lo.rx_bytes! >= 0)
})

real('says that keys are wrong, and not which', async () => {
  const { sink, log } = await polled(
    { ...V3, tables: ['ip-sla'], timeout_s: 0.5, retries: 0 },
    { ...V3_ENV, A: 'auth-secret-99' },
  )
  assert.is(sink.payloads.size, 0)
  assert.match(log.lines.join('\n'), /SNMP/)
  assert.not.match(log.lines.join('\n'), /secret/)
})

tests.run()
