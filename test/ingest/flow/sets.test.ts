import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  bytes,
  type Decoded,
  decode,
  ipfix,
  layout,
  optionsTemplate,
  set,
  template,
  v9,
  variable,
} from './datagrams.js'

const test = suite('sets of a datagram')
const PORTS = layout('7:2 11:2')
const ports = (...pairs: [number, number][]): Buffer =>
  bytes(...pairs.flatMap(([a, b]) => [bytes([a, 2], [b, 2])]))
const rejects = ({ report }: Decoded): unknown[] => report.rejects.map((r) => [r.code, r.count])
const sources = ({ rows }: Decoded): unknown[] => rows.map((r) => r.src_port)

test('padding after the last record is no record', () => {
  const found = decode(v9({}, set(0, template(256, PORTS)), set(256, ports([1, 2]), bytes('000000'))))
  assert.equal([sources(found), rejects(found)], [[1], []])
})

test('the count of the v9 header may be wrong', () => {
  for (const count of [0, 1, 65535]) {
    const found = decode(v9({ count }, set(0, template(256, PORTS)), set(256, ports([1, 2], [3, 4]))))
    assert.equal(sources(found), [1, 3], `count ${count}`)
  }
})

test('a tail of zeros after the sets is no set', () => {
  const found = decode(bytes(v9({}, set(0, template(256, PORTS)), set(256, ports([1, 2]))), '00'.repeat(64)))
  assert.equal([sources(found), rejects(found)], [[1], []])
})

test('a set of length zero that is not padding ends the datagram, once', () => {
  const found = decode(bytes(v9({}, set(0, template(256, PORTS))), '0100 0000 0102', set(256, ports([1, 2]))))
  assert.equal([sources(found), rejects(found)], [[], [['set_truncated', 1]]])
})

test('a set that runs past its datagram gives the records that are there', () => {
  const whole = v9({}, set(0, template(256, PORTS)), set(256, ports([1, 2], [3, 4])))
  const found = decode(whole.subarray(0, whole.length - 2))
  assert.equal([sources(found), rejects(found)], [[1], [['set_truncated', 1]]])
})

test('an IPFIX message that says more than the datagram holds is read as far as it goes', () => {
  const found = decode(ipfix({ length: 1400 }, set(2, template(256, PORTS)), set(256, ports([1, 2]))))
  assert.equal([sources(found), rejects(found)], [[1], []])
})

test('bytes after the length of an IPFIX message are not of the message', () => {
  const sets = [set(2, template(256, PORTS)), set(256, ports([1, 2]))]
  const message = ipfix({}, ...sets)
  assert.equal(sources(decode(bytes(message, set(256, ports([3, 4]))))), [1])
  assert.equal(rejects(decode(ipfix({ length: 15 }, ...sets))), [['header_invalid', 1]])
})

test('a record of variable length that runs past its set is rejected and counted', () => {
  const fields = layout('7:2 96:*')
  const cut = bytes([3, 2], [200, 1], 'aabb')
  const found = decode(
    ipfix({}, set(2, template(256, fields)), set(256, bytes([1, 2], variable('a')), cut), set(256, cut)),
  )
  assert.equal([sources(found), rejects(found)], [[1], [['record_truncated', 2]]])
  assert.is(found.report.records, found.report.flows + 2)
})

test('data of an unknown template is rejected by set, what is known is kept', () => {
  const found = decode(
    v9(
      {},
      set(0, template(256, PORTS)),
      set(300, ports([9, 9])),
      set(256, ports([1, 2])),
      set(301, ports([9, 9])),
    ),
  )
  assert.equal([sources(found), rejects(found)], [[1], [['template_missing', 2]]])
  assert.is(found.report.setsSkipped, 2)
})

test('templates without fields, without bytes or of reserved ids are refused; the others of the set stay', () => {
  const records = [
    template(256, []),
    template(257, layout('8:0')),
    template(100, PORTS),
    template(258, PORTS),
    template(
      259,
      Array.from({ length: 3000 }, () => [8, 4] as const),
    ),
  ]
  const found = decode(v9({}, set(0, ...records), set(258, ports([1, 2])), set(257, bytes('00'))))
  assert.equal(
    [sources(found), rejects(found)],
    [
      [1],
      [
        ['template_invalid', 4],
        ['template_missing', 1],
      ],
    ],
  )
})

test('a template that its set cuts off is refused', () => {
  const record = template(256, PORTS)
  const found = decode(v9({}, set(0, template(257, PORTS), record.subarray(0, 10)), set(257, ports([1, 2]))))
  assert.equal([sources(found), rejects(found)], [[1], [['set_truncated', 1]]])
})

test('sets of reserved ids are passed over', () => {
  const found = decode(
    v9({}, set(7, bytes('01020304')), set(0, template(256, PORTS)), set(256, ports([1, 2]))),
  )
  assert.equal([sources(found), rejects(found)], [[1], []])
})

test('a template may change its meaning within a datagram', () => {
  const swapped = layout('11:2 7:2')
  const found = decode(
    ipfix({}, set(2, template(256, PORTS))),
    ipfix(
      {},
      set(256, ports([1, 2])),
      set(2, template(256, swapped)),
      set(256, ports([3, 4])),
      set(2, template(256, PORTS)),
      set(256, ports([5, 6])),
    ),
  )
  assert.equal(sources(found), [1, 4, 5])
})

test('a template that the datagram withdraws is unknown after it', () => {
  const sets = [set(2, template(256, PORTS)), set(256, ports([1, 2]))]
  for (const withdrawal of [bytes([256, 2], [0, 2]), bytes([2, 2], [0, 2])]) {
    const found = decode(ipfix({}, ...sets, set(2, withdrawal), set(256, ports([3, 4]))))
    assert.equal([sources(found), rejects(found)], [[1], [['template_missing', 1]]])
  }
})

test('options records are counted apart from flows', () => {
  const options = optionsTemplate(10, 300, layout('149:4'), layout('41:8'))
  const found = decode(ipfix({}, set(3, options), set(300, bytes([1, 4], [5, 8], [2, 4], [6, 8]))))
  assert.equal([found.report.options, found.report.records, found.rows], [2, 0, []])
})

test('one template id means different things in two domains, and in v9 and IPFIX', () => {
  const swapped = layout('11:2 7:2')
  const found = decode(
    v9({ domain: 1 }, set(0, template(256, PORTS))),
    v9({ domain: 2 }, set(0, template(256, swapped))),
    ipfix({ domain: 2 }, set(2, template(256, PORTS))),
    v9({ domain: 1 }, set(256, ports([1, 2]))),
    v9({ domain: 2 }, set(256, ports([1, 2]))),
    ipfix({ domain: 2 }, set(256, ports([1, 2]))),
  )
  assert.equal(sources(found), [1, 2, 1])
})

test.run()
