import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { decodeCommand } from '../../app/decode_command.js'
import { UsageError } from '../../app/io.js'
import {
  bytes,
  EXPORT_S,
  ipfix,
  layout,
  optionsTemplate,
  set,
  template,
  v9,
} from '../ingest/flow/datagrams.js'

const test = suite('vigie decode')
let dir = ''
test.before(() => {
  dir = mkdtempSync(join(tmpdir(), 'vigie-decode-'))
})
test.after(() => rmSync(dir, { recursive: true }))

function file(name: string, content: Uint8Array): string {
  const path = join(dir, name)
  writeFileSync(path, content)
  return path
}

async function run(...args: string[]): Promise<{ status: number; out: string; err: string }> {
  let [out, err] = ['', '']
  const collect = (take: (text: string) => void) =>
    new Writable({
      highWaterMark: 16,
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
  const status = await decodeCommand(args, { stdout, stderr, env: {} })
  return { status, out, err }
}

const flow = (port: number): Buffer =>
  v9(
    {},
    set(0, template(256, layout('8:4 7:2 96:8'))),
    set(256, bytes('0a000001', [port, 2], Buffer.from('a "b",c\0'))),
  )
const options = v9(
  {},
  set(1, optionsTemplate(9, 300, layout('1:4'), layout('34:4'))),
  set(300, bytes([0, 4], [10, 4])),
)

test('prints a JSON line a flow, and counts all in the last line of stderr', async () => {
  const { status, out, err } = await run(file('one', flow(7)), file('two', flow(8)))
  const rows = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  assert.equal(
    rows.map((r) => [r.src_addr, r.src_port, r.ie, r.exporter_addr]),
    [
      ['10.0.0.1', 7, undefined, '127.0.0.1'],
      ['10.0.0.1', 8, undefined, '127.0.0.1'],
    ],
  )
  assert.is(rows[0].time_received, new Date(EXPORT_S * 1000).toISOString())
  assert.is(status, 0)
  const counts = { datagrams: 2, flows: 2, options: 0, counters: 0, templates: 1, undecodable: 0, errors: {} }
  assert.equal(JSON.parse(err.trim().split('\n').at(-1)!), counts)
})

test('adds elements with --ie and options with --all', async () => {
  const { out } = await run('--ie', '--all', file('options', options), file('flow', flow(7)))
  const rows = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  assert.equal(
    rows.map((r) => [r.kind, r.ie.samplingInterval ?? r.ie.sourceTransportPort]),
    [
      ['options', 10],
      [undefined, 7],
    ],
  )
  assert.is(rows[1].sampling_rate, 10)
})

test('writes CSV with a header line and quotes what needs it', async () => {
  const { out } = await run('--format', 'csv', file('flow', flow(7)))
  const [head, row, ...more] = out.trim().split('\n')
  assert.equal(more, [])
  assert.ok(head!.startsWith('time_received,flow_start,flow_end,export_protocol,exporter_addr'))
  assert.match(row!, /,10\.0\.0\.1,/)
  assert.match(row!, /,"a ""b"",c",/)
  const all = await run('--all', '--format', 'csv', file('options', options))
  assert.match(all.out, /^options,.*""samplingInterval"":10/m)
})

test('writes a table for people', async () => {
  const { out } = await run('--format', 'table', file('flow', flow(7)))
  const [head, row] = out.split('\n')
  assert.match(head!, /^start +exporter +source +destination/)
  assert.match(row!, /10\.0\.0\.1:7/)
})

test('elements that nobody knows have the names that the user gives them', async () => {
  const unknown = ipfix({}, set(2, template(256, layout('99999.7:4'))), set(256, bytes([5, 4])))
  const named = file('elements.yaml', Buffer.from('99999.7: acmeQueue, unsigned32\n'))
  const { out } = await run('--ie', '--elements', named, file('unknown', unknown))
  assert.equal(JSON.parse(out).ie, { acmeQueue: 5 })
  try {
    await run('--elements', join(dir, 'nowhere.yaml'), 'x')
    assert.unreachable()
  } catch (error) {
    assert.instance(error, UsageError)
  }
})

test('a file that is not there is told, the others are read, and the status is 1', async () => {
  const { status, out, err } = await run(join(dir, 'nowhere'), file('flow', flow(7)))
  assert.is(status, 1)
  assert.is(out.trim().split('\n').length, 1)
  assert.match(err, /nowhere: .*no such file/i)
  assert.equal(JSON.parse(err.trim().split('\n').at(-1)!).errors, { ENOENT: 1 })
})

test('input that was rejected in part gives status 1', async () => {
  const { status } = await run(file('early', v9({}, set(256, bytes('00')))))
  assert.is(status, 1)
})

test('a wrong command line is a usage error', async () => {
  for (const args of [[], ['--format', 'xml', 'x'], ['--nonsense', 'x']]) {
    try {
      await run(...args)
      assert.unreachable(args.join(' '))
    } catch (error) {
      assert.instance(error, UsageError, args.join(' '))
    }
  }
})

test.run()
