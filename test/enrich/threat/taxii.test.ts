import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { FeedError } from '../../../enrich/threat/indicator.js'
import { pollTaxii, type TaxiiLimits } from '../../../enrich/threat/taxii.js'
import type { ThreatFeed } from '../../../model/registry.js'
import { indicatorOf } from './stix_objects.js'
import { TaxiiServer } from './taxii_server.js'

const test = suite('TAXII 2.1 polling')

const server = new TaxiiServer()
let feed: ThreatFeed
test.before(async () => {
  feed = { id: 't', format: 'taxii', source: await server.start() }
})
test.after(() => server.stop())
test.before.each(() => {
  server.requests.length = 0
  server.givesNext = true
  server.user = undefined
  server.objects = [1, 2, 3, 4, 5].map((n) => ({
    addedAt: `2026-11-0${n}T00:00:00.000000Z`,
    object: indicatorOf(n, `[ipv4-addr:value = '192.0.2.${n}']`),
  }))
})

const limits: TaxiiLimits = { timeoutMs: 5_000, maxBytes: 1_000_000, page: 100 }
const idsOf = (text: string): number[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => Number((JSON.parse(line) as { id: string }).id.slice(-12)))

test('reads a collection page by page, then only what was added since', async () => {
  const whole = await pollTaxii(feed, undefined, limits, {})
  assert.equal(idsOf(whole.text), [1, 2, 3, 4, 5])
  assert.is(whole.since, '2026-11-05T00:00:00.000000Z')
  assert.is(server.requests.length, 3)
  const nothing = await pollTaxii(feed, whole.since, limits, {})
  assert.equal(nothing, { text: '', since: whole.since })
  server.objects.push({
    addedAt: '2026-11-06T00:00:00.000000Z',
    object: indicatorOf(6, "[ipv4-addr:value = '192.0.2.6']"),
  })
  const news = await pollTaxii(feed, whole.since, limits, {})
  assert.equal(idsOf(news.text), [6])
})

test('follows a server that gives no next by the date of its last object', async () => {
  server.givesNext = false
  assert.equal(idsOf((await pollTaxii(feed, undefined, limits, {})).text), [1, 2, 3, 4, 5])
})

test('leaves out what is no indicator, and asks for indicators only', async () => {
  server.objects.push({
    addedAt: '2026-11-06T00:00:00.000000Z',
    object: { type: 'malware', id: 'malware--1' },
  })
  assert.equal(idsOf((await pollTaxii(feed, undefined, limits, {})).text), [1, 2, 3, 4, 5])
  assert.is(server.requests[0]!.searchParams.get('match[type]'), 'indicator')
})

const failing = async (
  more: Partial<ThreatFeed>,
  wanted: RegExp,
  bounds = limits,
  env = {},
): Promise<void> => {
  const error: unknown = await pollTaxii({ ...feed, ...more }, undefined, bounds, env).catch(
    (e: unknown) => e,
  )
  assert.instance(error, FeedError)
  assert.match((error as Error).message, wanted)
}

test('signs in, with a secret that no message shows', async () => {
  server.user = 'vigie:hunter2'
  const auth = { user: 'vigie', secret_env: 'TAXII_SECRET' }
  const signed = { ...feed, auth }
  assert.is(idsOf((await pollTaxii(signed, undefined, limits, { TAXII_SECRET: 'hunter2' })).text).length, 5)
  await failing({ auth }, /answers 401: sign in$/, limits, { TAXII_SECRET: 'wrong' })
  await failing({ auth }, /TAXII_SECRET is not set/)
})

test('says what a server refused, and stops at its bounds', async () => {
  server.failures.push(503)
  await failing({}, /answers 503: out of order$/)
  await failing({ source: feed.source.replace('api1', 'api2') }, /answers 404: no such collection$/)
  await failing({}, /sends more than|has more than/, { ...limits, maxBytes: 300 })
  await failing({ source: 'http://127.0.0.1:1/x/' }, /cannot be reached/)
})

test.run()
