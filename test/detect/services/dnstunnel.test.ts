import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { anyService } from '../../../detect/service.js'
import { dnstunnel } from '../../../detect/services/dnstunnel.js'
import type { Finding } from '../../../model/finding.js'
import { network, seeded, T0, type TestFlow } from '../flows.js'

const test = suite('detect/services/dnstunnel')
const services = [anyService(dnstunnel)]

interface Talk {
  readonly n: number
  readonly everyMs: number
  readonly query: number
  readonly answer: number
  readonly more?: Partial<TestFlow>
}

/** Questions of a host to a server and their answers as records of their own; sizes are of the DNS messages. */
function talk({ n, everyMs, query, answer, more = {} }: Talk): TestFlow[] {
  return Array.from({ length: n }, (_, i) => {
    const startMs = T0 + i * everyMs
    const common = { proto: 17, packets: 1, startMs, endMs: startMs + 30, ...more }
    const [src, dst] = ['10.1.0.66', '203.0.113.53']
    return [
      {
        src,
        dst,
        srcPort: 30_000 + (i % 20_000),
        dstPort: 53,
        bytes: 28 + query,
        locality: 'outbound' as const,
        ...common,
      },
      {
        src: dst,
        dst: src,
        srcPort: 53,
        dstPort: 30_000 + (i % 20_000),
        bytes: 28 + answer,
        locality: 'inbound' as const,
        ...common,
      },
    ].filter((f) => f.bytes > 28)
  }).flat()
}

const find = (flows: readonly TestFlow[], subscription: Record<string, unknown> = {}): Finding[] =>
  network({ services, subscriptions: { dnstunnel: subscription } })
    .run(flows)
    .filter((f) => f.activity === 'create')

test('finds long queries, long answers, and much over TCP', () => {
  for (const [kind, flows] of [
    ['upload', talk({ n: 200, everyMs: 500, query: 170, answer: 110 })],
    ['download', talk({ n: 400, everyMs: 200, query: 45, answer: 900 })],
    [
      'tcp',
      talk({ n: 40, everyMs: 1000, query: 4000, answer: 1500, more: { proto: 6, flags: 0x1b, packets: 6 } }),
    ],
  ] as const) {
    const [finding, ...more] = find(flows)
    assert.is(more.length, 0)
    assert.equal([finding?.src, finding?.dst, finding?.dst_port], [['10.1.0.66'], ['203.0.113.53'], 53])
    assert.equal([finding?.evidence.kind, finding?.technique], [kind, 'T1071.004'])
  }
})

test('finds a slow tunnel within the hour', () => {
  assert.is(find(talk({ n: 350, everyMs: 9000, query: 140, answer: 90 })).length, 1)
})

test('names that people use are no tunnel, however many', () => {
  assert.is(find(talk({ n: 4000, everyMs: 50, query: 48, answer: 160 })).length, 0)
})

test('a resolver with some long names among many is left alone', () => {
  const random = seeded(3)
  const flows = talk({ n: 8000, everyMs: 60, query: 50, answer: 200 }).map((f) =>
    f.dstPort === 53 && random() < 0.06 ? { ...f, bytes: 150 } : f,
  )
  assert.is(find(flows).length, 0)
})

test('long questions that nobody answers carry nothing, and a zone transfer only receives', () => {
  assert.is(find(talk({ n: 300, everyMs: 300, query: 170, answer: 0 })).length, 0)
  const zone = talk({
    n: 30,
    everyMs: 1000,
    query: 4000,
    answer: 400_000,
    more: { proto: 6, flags: 0x1b, packets: 90 },
  })
  assert.is(find(zone).length, 0)
})

test('answers that nobody asked for are no tunnel', () => {
  const flood = talk({ n: 3000, everyMs: 20, query: 45, answer: 1300 }).filter((f) => f.srcPort === 53)
  assert.is(find(flood).length, 0)
})

test('past the resolvers of the house it is graver; what is allowed is not told', () => {
  const flows = talk({ n: 200, everyMs: 500, query: 170, answer: 110 })
  assert.is(find(flows)[0]!.severity_id, 3)
  assert.is(find(flows, { resolvers: ['10.0.0.53'] })[0]!.severity_id, 4)
  assert.is(find(flows, { allow: ['203.0.113.53'] }).length, 0)
})

test('a record of both directions says the same', () => {
  const flows = talk({ n: 200, everyMs: 500, query: 170, answer: 110 })
    .filter((f) => f.dstPort === 53)
    .map((f) => ({ ...f, answerPackets: 1, answerBytes: 140 }))
  assert.is(find(flows).length, 1)
})

test.run()
