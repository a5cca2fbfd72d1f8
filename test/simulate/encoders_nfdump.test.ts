import { execFileSync, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { v4Text } from '../../simulate/address.js'
import { Sender } from '../../simulate/sender.js'
import { type Exported, exportByEachModel, recordLine, sampleFlows } from './exported.js'

/** nfcapd and nfdump (Debian's nfdump, 1.7) read what the encoders wrote: a decoder that is not ours. */
const ENV = { ...process.env, TZ: 'UTC' }
const UDP_TABLE_POLL_MS = 10
const SIGNAL_AGAIN_MS = 50

function installed(): boolean {
  try {
    execFileSync('nfdump', ['-V'])
    execFileSync('nfcapd', ['-V'])
    return true
  } catch {
    return false
  }
}

async function freePort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  socket.close()
  await once(socket, 'close')
  return port
}

/** The line of the kernel's table for a port: local address, queue of what was not read yet, drops. */
async function kernelLine(port: number): Promise<string | undefined> {
  const hex = `:${port.toString(16).toUpperCase().padStart(4, '0')} `
  return (await readFile('/proc/net/udp', 'utf8')).split('\n').find((line) => line.includes(hex))
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await delay(UDP_TABLE_POLL_MS)
}

interface NfRecord {
  ip4_router: string
  src4_addr?: string
  src6_addr?: string
  dst4_addr?: string
  dst6_addr?: string
  proto: number
  src_port?: number
  dst_port?: number
  in_packets: number
  in_bytes: number
  out_packets?: number
  out_bytes?: number
  first: string
  last: string
}

async function throughNfcapd(exported: readonly Exported[]): Promise<NfRecord[]> {
  const dir = await mkdtemp(join(tmpdir(), 'vigie-nfcapd-'))
  const port = await freePort()
  const args = ['-w', dir, '-b', '127.0.0.1', '-p', `${port}`, '-t', '3600', '-B', '4000000']
  const nfcapd = spawn('nfcapd', args, { stdio: ['ignore', 'pipe', 'pipe'], env: ENV })
  let said = ''
  for (const stream of [nfcapd.stdout, nfcapd.stderr])
    stream.on('data', (text: Buffer) => {
      said += text
    })
  const exit = once(nfcapd, 'close')
  try {
    await until(async () => (await kernelLine(port)) !== undefined)
    const sender = new Sender({ host: '127.0.0.1', distinct: true, socketsMax: 64 })
    for (const { site, datagrams } of exported) {
      for (const datagram of datagrams)
        sender.send({ exporter: site.index, address: site.edge.address, port }, datagram, 0)
      await sender.drain()
      // Receive queue empty: nfcapd has read it all.
      await until(async () => / [0-9A-F]{8}:00000000 /.test((await kernelLine(port)) ?? ''))
    }
    await sender.close()
    // A signal that comes just before nfcapd waits for a datagram is not seen: it is told until it goes.
    while (nfcapd.exitCode === null && nfcapd.signalCode === null) {
      nfcapd.kill('SIGTERM')
      await delay(SIGNAL_AGAIN_MS)
    }
    await exit
    assert.match(said, 'Sequence Errors: 0, Bad Packets: 0')
    const file = (await readdir(dir)).find((name) => name.startsWith('nfcapd.'))!
    const args2 = ['-r', join(dir, file), '-o', 'json']
    return JSON.parse(execFileSync('nfdump', args2, { env: ENV, maxBuffer: 1e9, encoding: 'utf8' }))
  } finally {
    nfcapd.kill('SIGKILL')
    await rm(dir, { recursive: true, force: true })
  }
}

const lineOf = (r: NfRecord): string =>
  recordLine({
    src: r.src4_addr ?? r.src6_addr!,
    dst: r.dst4_addr ?? r.dst6_addr!,
    proto: r.proto,
    srcPort: r.src_port ?? 0,
    dstPort: r.dst_port ?? 0,
    packets: r.in_packets,
    bytes: r.in_bytes,
    reversePackets: r.out_packets ?? 0,
    reverseBytes: r.out_bytes ?? 0,
  })

/** Models whose times nfdump 1.7.1 reads: it knows neither 150 and 151 nor sysUpTime in IPFIX. */
const TIMES_READ = new Set([
  'cisco_iosxe',
  'cisco_sdwan',
  'juniper',
  'nokia',
  'velocloud',
  'legacy_v5',
  'probe',
])

const test = suite('nfdump reads what the exporters send')

if (!installed() && !process.env.CI) {
  process.stdout.write('skipped: nfdump is not installed (apt-get install nfdump)\n')
  test.skip('nfdump is not installed', () => {})
} else {
  test('the same records, from every model, from the address of its own', async () => {
    const nowMs = Date.UTC(2026, 4, 13, 14)
    const exported = exportByEachModel(sampleFlows(nowMs - 1000, 400), nowMs)
    const records = await throughNfcapd(exported)
    for (const { model, site, expected, flows, flowRecords } of exported) {
      const own = records.filter((r) => r.ip4_router === v4Text(site.edge.address))
      assert.is(own.length, flowRecords, `${model.id}: number of records`)
      assert.equal(own.map(lineOf).sort(), expected, model.id)
      if (!TIMES_READ.has(model.id)) continue
      const times = new Set(own.map((r) => `${r.first} ${r.last}`))
      const iso = (ms: number): string => new Date(ms).toISOString().slice(0, -1)
      for (const flow of flows) assert.ok(times.has(`${iso(flow.startMs)} ${iso(flow.endMs)}`), model.id)
    }
  })
}

test.run()
