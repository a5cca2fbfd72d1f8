import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { bytes, decode, EXPORTER, ipfix, layout, optionsTemplate, set, v9, variable } from './datagrams.js'

const test = suite('names told by options')

const named = (...datagrams: Buffer[]): unknown[] =>
  decode(...datagrams).report.names.map((n) => [n.kind, n.id, n.name])
const text = (value: string, width: number): Buffer => Buffer.from(value.padEnd(width, '\0'))

test('interfaces are named by scope or by element, the short name before the description', () => {
  const fields = layout('10:4 82:8 83:8')
  const byElement = v9(
    {},
    set(1, optionsTemplate(9, 300, layout('1:4'), fields)),
    set(300, bytes([0, 4], [3, 4], text('Gi0/3', 8), text('uplink', 8))),
  )
  const byScope = v9(
    {},
    set(1, optionsTemplate(9, 301, layout('2:4'), layout('83:8'))),
    set(301, bytes([4, 4], text('lan', 8))),
  )
  assert.equal(named(byElement, byScope), [
    ['interface', 3n, 'Gi0/3'],
    ['interface', 4n, 'lan'],
  ])
})

test('applications are named by engine and selector', () => {
  const template = optionsTemplate(9, 300, layout('1:4'), layout('95:4 96:8'))
  const records = [bytes([0, 4], '0d0001df', text('citrix', 8)), bytes([0, 4], '03000050', text('http', 8))]
  assert.equal(named(v9({}, set(1, template), set(300, ...records))), [
    ['application', (13n << 56n) | 0x1dfn, 'citrix'],
    ['application', (3n << 56n) | 80n, 'http'],
  ])
})

test('VRFs and samplers have names, in IPFIX by scopes that are elements', () => {
  const vrf = ipfix(
    {},
    set(3, optionsTemplate(10, 300, layout('234:4'), layout('236:*'))),
    set(300, bytes([7, 4], variable('blue'))),
  )
  const sampler = ipfix(
    {},
    set(3, optionsTemplate(10, 301, layout('302:8'), layout('335:*'))),
    set(301, bytes([9, 8], variable('one-in-100'))),
  )
  assert.equal(named(vrf, sampler), [
    ['vrf', 7n, 'blue'],
    ['sampler', 9n, 'one-in-100'],
  ])
})

test('a name is reported once a frame, with its exporter; empty ones are none', () => {
  const table = v9(
    {},
    set(1, optionsTemplate(9, 300, layout('2:4'), layout('82:4'))),
    set(300, bytes([1, 4], text('a', 4)), bytes([1, 4], text('a', 4)), bytes([2, 4], text('', 4))),
  )
  const { report } = decode(table)
  assert.equal(
    report.names.map((n) => [Buffer.from(n.exporter).toString('hex'), n.name]),
    [[EXPORTER.toString('hex'), 'a']],
  )
  assert.equal([report.options, report.flows, report.records], [3, 0, 0])
})

test.run()
