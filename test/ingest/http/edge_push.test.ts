import { createHmac } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fastify, { type FastifyInstance } from 'fastify'
import { Registry } from 'prom-client'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { edgePushSchema } from '../../../ingest/http/config.js'
import { EdgePush } from '../../../ingest/http/edge_push.js'
import { readPushSources } from '../../../ingest/http/push_sources.js'
import type { EdgePayload } from '../../../model/edge_payload.js'
import { temporaryDir } from '../../sinks/clickhouse/start_store.js'
import { LogBook } from '../bus/nats_fixture.js'

/** A real server and real requests; what takes the payloads keeps them in memory. */
const push = suite('pushed telemetry')
const dir = temporaryDir()
const tokenFile = join(dir, 'token')
writeFileSync(tokenFile, 'tok-versa\n')

const taken: { payload: EdgePayload; id: string | undefined }[] = []
let away = false
let nowMs = 1_000_000
const metrics = new Registry()
let app: FastifyInstance
let url = ''

const config = edgePushSchema.parse({
  body_max_bytes: 2048,
  refusals_per_minute: 3,
  sources: [
    { id: 'versa-1', vendors: ['versa', 'otlp', 'auto'], token_file: tokenFile },
    { id: 'slow', token_env: 'SLOW', requests_per_s: 2 },
    { id: 'mist', vendors: ['juniper-mist'], signature: { kind: 'mist', secret_env: 'MIST' } },
    { id: 'meraki', vendors: ['cisco-meraki'], signature: { kind: 'meraki', secret_env: 'MERAKI' } },
    {
      id: 'velo',
      vendors: ['velocloud'],
      signature: { kind: 'hmac', secret_env: 'VELO', prefix: 'sha256=', encoding: 'base64' },
    },
  ],
})
const env = { SLOW: 'tok-slow', MIST: 'mist-secret', MERAKI: 'meraki-secret', VELO: 'velo-secret' }

push.before(async () => {
  app = fastify()
  new EdgePush(config, {
    sink: {
      publish: async (payload, id) => {
        if (away) throw new Error('NATS is away')
        taken.push({ payload, id })
      },
    },
    sources: readPushSources(config.sources, env),
    knowsVendor: (vendor) =>
      ['auto', 'versa', 'otlp', 'juniper-mist', 'cisco-meraki', 'velocloud'].includes(vendor),
    clock: { nowMs: () => nowMs },
    logger: new LogBook(),
    metrics,
  }).register(app)
  url = await app.listen({ host: '127.0.0.1', port: 0 })
})
push.after(() => app.close())
push.before.each(() => {
  taken.length = 0
  away = false
  nowMs += 120_000
})

interface Answer {
  readonly status: number
  readonly code: string
  readonly error: string
  readonly headers: Headers
}
async function post(
  path: string,
  body: string | Buffer,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const answer = await fetch(`${url}/api/v1/telemetry/${path}`, {
    method: 'POST',
    body: body as never,
    headers,
  })
  const { code = '', error = '' } = (await answer.json()) as { code?: string; error?: string }
  return { status: answer.status, code, error, headers: answer.headers }
}
const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` })
const body = (): string => Buffer.from(taken[0]!.payload.bytes).toString()

push('is accepted when it is durable: bytes, source and what the address says', async () => {
  const { status } = await post('versa?device=E-1&controller=c1', '{"a":1}', {
    ...bearer('tok-versa'),
    'idempotency-key': 'k 1',
  })
  assert.is(status, 202)
  const { payload, id } = taken[0]!
  assert.is(body(), '{"a":1}')
  assert.is(id, 'http-versa-1-k_1')
  assert.equal(payload.origin, {
    way: 'http',
    source: 'versa-1',
    address: '127.0.0.1',
    controller: 'c1',
    device: 'E-1',
  })
  assert.is(payload.vendor, 'versa')
  assert.is(payload.receivedMs, nowMs)
})

push('is asked to come again while the stream does not take it', async () => {
  away = true
  const { status, code, headers } = await post('versa', '{}', bearer('tok-versa'))
  assert.equal([status, code, headers.get('retry-after')], [503, 'not_taken', '5'])
})

push('takes a token as the password of Basic, and a body without a type', async () => {
  const basic = Buffer.from('anyone:tok-versa').toString('base64')
  const answer = await post('versa', Buffer.from('line'), {
    authorization: `Basic ${basic}`,
  })
  assert.is(answer.status, 202)
})

push('refuses strangers, says what to do, and soon nothing but wait', async () => {
  const seen: unknown[] = []
  for (const headers of [{}, bearer('wrong'), bearer(''), bearer('tok-verse'), bearer('tok-versa ')]) {
    const { status, code } = await post('versa', '{}', headers as Record<string, string>)
    seen.push([status, code])
  }
  assert.equal(seen.slice(0, 4), [
    [401, 'token_missing'],
    [401, 'token_wrong'],
    [401, 'token_missing'],
    [429, 'too_many_refusals'],
  ])
  assert.equal(seen[4], [202, ''], 'who is known is let in all the same')
})

push('keeps a source to its vendors and its speed', async () => {
  assert.is((await post('juniper-mist', '{}', bearer('tok-versa'))).code, 'vendor_refused')
  assert.is((await post('nonesuch', '{}', bearer('tok-slow'))).code, 'vendor_unknown')
  assert.is((await post('versa', '{}', bearer('tok-slow'))).status, 202)
  const { status, code, headers } = await post('versa', '{}', bearer('tok-slow'))
  assert.equal([status, code, headers.get('retry-after')], [429, 'too_fast', '1'])
})

push('unpacks within a bound', async () => {
  const packed = (text: string): Promise<Answer> =>
    post('versa', gzipSync(text), { ...bearer('tok-versa'), 'content-encoding': 'gzip' })
  assert.is((await packed('{"a":1}')).status, 202)
  assert.is(body(), '{"a":1}')
  assert.equal([(await packed('x'.repeat(1e6))).code, taken.length], ['body_too_large', 1])
  assert.is((await post('versa', 'x'.repeat(2049), bearer('tok-versa'))).code, 'body_too_large')
  const coded = (coding: string): Promise<Answer> =>
    post('versa', 'no gzip', { ...bearer('tok-versa'), 'content-encoding': coding })
  assert.is((await coded('gzip')).code, 'encoding_broken')
  assert.is((await coded('zstd')).code, 'encoding_unknown')
  assert.is((await post('versa', '', bearer('tok-versa'))).code, 'body_empty')
})

push('checks what vendors sign', async () => {
  const hmac = (algorithm: string, secret: string, text: string, form: 'hex' | 'base64' = 'hex'): string =>
    createHmac(algorithm, secret).update(text).digest(form)
  const text = '{"topic":"x"}'
  const mist = (headers: Record<string, string>): Promise<Answer> => post('juniper-mist', text, headers)
  assert.is((await mist({ 'x-mist-signature-v2': hmac('sha256', 'mist-secret', text) })).status, 202)
  assert.is((await mist({ 'x-mist-signature': hmac('sha1', 'mist-secret', text) })).status, 202)
  assert.is((await mist({ 'x-mist-signature-v2': hmac('sha256', 'other', text) })).code, 'token_wrong')
  assert.is(
    (await post('versa', text, { 'x-mist-signature': hmac('sha1', 'mist-secret', text) })).code,
    'token_missing',
  )
  assert.is((await post('cisco-meraki', '{"sharedSecret":"meraki-secret"}')).status, 202)
  nowMs += 120_000
  assert.is((await post('cisco-meraki', '{"sharedSecret":"meraki-secre"}')).code, 'token_wrong')
  const velo = { 'x-webhook-signature': `sha256=${hmac('sha256', 'velo-secret', text, 'base64')}` }
  assert.is((await post('velocloud', text, velo)).status, 202)
  assert.is((await post('velocloud', `${text} `, velo)).code, 'token_wrong')
  assert.equal(
    taken.map(({ payload }) => payload.origin.source),
    ['mist', 'mist', 'meraki', 'velo'],
  )
})

push('answers OTLP as its specification wants', async () => {
  const answer = await fetch(`${url}/api/v1/telemetry/otlp/v1/metrics`, {
    method: 'POST',
    body: '{"resourceMetrics":[]}',
    headers: { ...bearer('tok-versa'), 'content-type': 'application/json' },
  })
  assert.equal([answer.status, await answer.json()], [200, {}])
  assert.is(taken[0]!.payload.vendor, 'otlp')
})

push('tells secrets that are not there all at once, and never one that is', () => {
  const sources = edgePushSchema.parse({
    sources: [
      { id: 'a', token_file: '/nowhere' },
      { id: 'b', token_env: 'EMPTY' },
      { id: 'b', token_env: 'FULL' },
    ],
  }).sources
  try {
    readPushSources(sources, { EMPTY: ' ', FULL: 'hush' })
    assert.unreachable()
  } catch (error) {
    const { message } = error as Error
    assert.match(message, '/nowhere')
    assert.match(message, 'EMPTY holds nothing')
    assert.match(message, 'b is there twice')
    assert.not.match(message, 'hush')
  }
  assert.throws(
    () => edgePushSchema.parse({ sources: [{ id: 'x' }] }),
    /token_file or token_env, or a signature/,
  )
})

push('does not wait for the body of a stranger', async () => {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  socket.on('error', () => {})
  socket.write('POST /api/v1/telemetry/versa HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n')
  const [said] = (await new Promise((resolve) => socket.once('data', (data) => resolve([String(data)])))) as [
    string,
  ]
  socket.destroy()
  assert.match(said, /^HTTP\/1\.1 401/)
})

push.run()
