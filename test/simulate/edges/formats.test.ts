import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { normalisePayload } from '../../../ingest/edge/normalise.js'
import type { EdgeRecord } from '../../../model/edge_record.js'
import { controllerData, type EdgeFormat, type Measured, measuredAt } from '../../../simulate/edges/format.js'
import { EDGE_FORMATS } from '../../../simulate/edges/formats/index.js'
import { type Edge, EdgeWorld } from '../../../simulate/edges/world.js'
import { buildNetwork } from '../../../simulate/network.js'

/** What the simulated edges tell, read by the adapters, is what happened to them: two programs that share no code. */
const tests = suite('formats of the simulated edges')

const START = Date.parse('2026-03-01T10:00:00Z')
const network = buildNetwork(3, 400)
const worldOf = (seed = 3): EdgeWorld =>
  new EdgeWorld(seed === 3 ? network : buildNetwork(seed, 400), {
    models: EDGE_FORMATS.map(({ model }) => model),
    startMs: START,
    everyS: 10,
    troubleEveryS: 2,
  })
const world = worldOf()

/** Reports of each vendor's controller that tell of latency. */
const REPORTS: Readonly<Record<string, string>> = {
  'cisco-catalyst': 'approutestatsstatistics',
  'cisco-meraki': 'loss',
  velocloud: 'links',
  'nokia-nuage': 'nuage_dpi_probestats',
  huawei: 'quality',
}

function textsOf(format: EdgeFormat, edge: Edge, ms: number): readonly string[] {
  if (format.payloads !== undefined) return format.payloads(measuredAt(world, edge, ms))
  if (format.vendor === 'prisma-sdwan')
    return [JSON.stringify({ metrics: format.rows!(format.identities(edge)[0]!, world, ms, ms + 1) })]
  const rows = format.rows!(REPORTS[format.vendor]!, world, ms, ms + 1)
  const own = rows.filter((row) => JSON.stringify(row).includes(`"${format.identities(edge)[0]}"`))
  return own.length === 0 ? [] : [JSON.stringify(own)]
}

const read = (format: EdgeFormat, text: string): readonly EdgeRecord[] => {
  const { records, rejects } = normalisePayload(text, { vendor: format.vendor, receivedMs: START })
  const bad = rejects.filter(({ message }) => !/clock|one-way/i.test(message))
  assert.equal(bad, [], `${format.vendor}: ${text.slice(0, 300)}`)
  return records
}

/** Differences that the formats' own precision allows. */
const near = (told: number, truth: number, slack: number): boolean => Math.abs(told - truth) <= slack

function holds(format: EdgeFormat, record: EdgeRecord, { reading }: Measured): void {
  const { latency_ms, loss_ratio } = record as { latency_ms?: number; loss_ratio?: number }
  const oneWay = (record as { latency_kind?: string }).latency_kind === 'one_way'
  if (latency_ms !== undefined)
    assert.ok(
      near(latency_ms, oneWay ? reading.latencyMs / 2 : reading.latencyMs, 0.6),
      `${format.vendor}: latency ${latency_ms}, truth ${reading.latencyMs}`,
    )
  // After correction most of the loss is gone: that stage is another figure.
  if (
    loss_ratio !== undefined &&
    reading.state !== 'down' &&
    !(record as { loss_stage?: string }).loss_stage?.startsWith('post')
  )
    assert.ok(
      near(loss_ratio, reading.lossRatio, 0.006),
      `${format.vendor}: loss ${loss_ratio}, truth ${reading.lossRatio}`,
    )
}

/** A record names its link by `link`, or a tunnel by the colour of its end; probes have the target before it. */
const isOf = (record: EdgeRecord, name: string): boolean => {
  const told = record.link ?? (record as { local_color?: string }).local_color ?? ''
  return told === name || told.endsWith(`/${name}`) || told.startsWith(`${name}.`)
}

for (const format of EDGE_FORMATS)
  tests(`${format.vendor}: the adapter reads what happened`, () => {
    const edges = world.of(format.model).slice(0, 25)
    assert.ok(edges.length > 0)
    let latencies = 0
    for (const edge of edges)
      for (const ms of world.ticks(START, START + 120_000)) {
        const truth = measuredAt(world, edge, ms)
        for (const record of textsOf(format, edge, ms).flatMap((text) => read(format, text))) {
          const measured = truth.find(({ link }) => isOf(record, format.linkName(edge, link)))
          if (measured === undefined) continue
          holds(format, record, measured)
          if ((record as { latency_ms?: number }).latency_ms !== undefined) latencies++
        }
      }
    assert.ok(latencies > 20, `${latencies} latencies`)
  })

tests('at least eight vendors speak, by all ways', () => {
  assert.ok(EDGE_FORMATS.length >= 8)
  assert.equal([...new Set(EDGE_FORMATS.map(({ way }) => way))].sort(), [
    'http',
    'poll',
    'syslog_tcp',
    'syslog_udp',
  ])
})

tests('syslog payloads tell as many records as they say', () => {
  for (const format of EDGE_FORMATS) {
    if (format.records === undefined) continue
    for (const edge of world.of(format.model).slice(0, 10))
      for (const ms of world.ticks(START, START + 60_000))
        for (const text of textsOf(format, edge, ms))
          assert.is(read(format, text).length, format.records(text), text)
  }
})

tests('the same seed tells the same, whenever it is asked', () => {
  const again = worldOf()
  const later = worldOf()
  later.troubles.drawTo(START + 3_600_000)
  for (const format of EDGE_FORMATS) {
    const report = REPORTS[format.vendor] ?? 'sites'
    const texts = [world, again, later].map((one) =>
      JSON.stringify(
        format.payloads === undefined
          ? controllerData(format, one).rows(report, START, START + 60_000)
          : one.of(format.model).map((edge) => format.payloads!(measuredAt(one, edge, START + 50_000))),
      ),
    )
    assert.is(texts[1], texts[0], format.vendor)
    assert.is(texts[2], texts[0], format.vendor)
  }
})

tests('troubles are of every kind, and some clocks are wrong', () => {
  world.troubles.drawTo(START + 600_000)
  assert.equal([...new Set(world.troubles.all.map(({ kind }) => kind))].sort(), [
    'brownout',
    'link_down',
    'tunnel_dead',
  ])
  const skewed = world.edges.filter(({ skewMs }) => skewMs !== 0).length
  assert.ok(skewed > 0 && skewed < world.edges.length / 10, `${skewed}`)
})

tests.run()
