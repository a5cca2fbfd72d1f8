import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { z } from 'zod'
import { retryAfterMs } from '../../../../sinks/itsm/targets/http/answer.js'
import { Authorised, RenewableToken } from '../../../../sinks/itsm/targets/http/auth.js'
import { HttpClient } from '../../../../sinks/itsm/targets/http/http_client.js'
import { HTTP_KEYS, isPlain } from '../../../../sinks/itsm/targets/http/http_config.js'
import { type FakeAnswer, type FakeCall, HTML, HttpFake } from '../fakes/http_fake.js'
import { failure, RefusedError, RetryableError, TargetFixture, UnauthorisedError } from './target_fixture.js'

class Echo extends HttpFake {
  reply: FakeAnswer = { status: 200, json: { ok: true } }
  protected answer(call: FakeCall): FakeAnswer {
    if (call.path === '/token') return { status: 200, json: { access_token: `token-${this.calls.length}` } }
    return this.reply
  }
}

const schema = z.object(HTTP_KEYS)
const fixture = new TargetFixture()
fixture.secrets.set('env:PASSWORD', 'correct horse/battery"staple')
let server: Echo
const client = (changes: object = {}): HttpClient =>
  new HttpClient('test', schema.parse({ url: server.url, ...changes }), fixture.deps)
const signal = (): AbortSignal => new AbortController().signal
const GET = { method: 'GET', path: '/x' } as const

const tests = suite('HTTP of targets')

tests.before(async () => {
  server = await new Echo().start()
})

tests('every status becomes the error that the outbox needs', async () => {
  const cases: [number, typeof RetryableError | typeof RefusedError | typeof UnauthorisedError][] = [
    [400, RefusedError],
    [401, UnauthorisedError],
    [403, UnauthorisedError],
    [404, RefusedError],
    [409, RetryableError],
    [413, RefusedError],
    [422, RefusedError],
    [425, RetryableError],
    [429, RetryableError],
    [500, RetryableError],
    [503, RetryableError],
    [302, UnauthorisedError],
  ]
  for (const [status, type] of cases) {
    server.reply = {
      status,
      json: { error: 'why' },
      headers: { 'retry-after': '3', location: 'https://login.test' },
    }
    const error = await failure(client().expect(GET, signal()), type)
    assert.is(error.status, status)
    assert.match(error.message, status === 302 ? /login\.test/ : /why/)
    if (error instanceof RetryableError) assert.is(error.retryAfterMs, 3000)
  }
  server.reply = { status: 404, text: '<html>default backend - 404</html>' }
  await failure(client().expect(GET, signal()), RetryableError)
})

tests('a page instead of JSON, and JSON that is something else, may be tried again', async () => {
  server.trouble(HTML)
  const page = await client().expect(GET, signal())
  assert.throws(() => page.json(z.object({})), /text\/html instead of JSON.*Log in/)
  server.reply = { status: 200, json: { other: 1 } }
  const other = await client().expect(GET, signal())
  assert.throws(() => other.json(z.object({ id: z.string() })), /not what its documentation says \(id/)
})

tests('a cut connection, half an answer, silence, no end and no server may be tried again', async () => {
  server.reply = { status: 200, json: {} }
  for (const kind of ['cut', 'cut_answer', 'lost'] as const) {
    server.trouble({ kind })
    await failure(client().call({ method: 'POST', path: '/x', json: {} }, signal()), RetryableError)
  }
  server.trouble({ kind: 'silent' })
  const silent = await failure(client({ timeout_ms: 100 }).call(GET, signal()), RetryableError)
  assert.match(silent.message, /within 100 ms/)
  server.trouble({ kind: 'endless' })
  const endless = await failure(client({ answer_bytes_max: 4096 }).call(GET, signal()), RetryableError)
  assert.match(endless.message, /more than 4096 bytes/)
  const nobody = schema.parse({ url: 'http://127.0.0.1:1' })
  await failure(new HttpClient('test', nobody, fixture.deps).call(GET, signal()), RetryableError)
  const stop = new AbortController()
  server.trouble({ kind: 'silent' })
  const asked = server.calls.length
  const waiting = client().call(GET, stop.signal)
  while (server.calls.length === asked) await new Promise((resolve) => setImmediate(resolve))
  stop.abort()
  await failure(waiting, RetryableError)
})

tests('no secret comes out, whatever the target echoes', async () => {
  const password = fixture.secrets.get('env:PASSWORD')!
  const http = client()
  const api = new Authorised(http, { type: 'basic', user: 'vigie', password: 'env:PASSWORD' })
  const basic = Buffer.from(`vigie:${password}`).toString('base64')
  const forms = [password, encodeURIComponent(password), JSON.stringify(password).slice(1, -1), basic]
  server.reply = { status: 400, text: `you said ${forms.join(' and ')}`, headers: { 'x-echo': basic } }
  const error = await failure(api.expect(GET, signal()), RefusedError)
  for (const form of forms) assert.not.ok(error.message.includes(form), error.message)
  for (const form of forms) assert.not.ok(fixture.logged.join('\n').includes(form))
  assert.match(error.message, /\[secret\]/)
})

tests('a token that the target takes no longer is fetched again, once for all who wait', async () => {
  let fetched = 0
  const token = new RenewableToken(async () => `t${++fetched}`)
  const http = client()
  const ask = (value: string): ReturnType<HttpClient['call']> => {
    server.reply = { status: value === 't1' ? 401 : 200, json: {} }
    return http.call({ ...GET, headers: { authorization: value } }, signal())
  }
  assert.is((await token.use(signal(), ask)).status, 200)
  assert.is(fetched, 2)
  server.reply = { status: 401, json: {} }
  const refused = await token.use(signal(), () => http.call(GET, signal()))
  assert.is(refused.status, 401)
  assert.is(fetched, 3)
})

tests('OAuth: credentials that are not right hold the target back', async () => {
  const http = client()
  const api = new Authorised(http, {
    type: 'oauth2',
    token_path: '/token',
    client_id: 'vigie',
    client_secret: 'env:PASSWORD',
  })
  server.reply = { status: 200, json: {} }
  await api.expect(GET, signal())
  assert.match(String(server.calls.at(-1)!.headers.authorization), /^Bearer token-/)
  server.trouble({ kind: 'answer', answer: { status: 400, json: { error: 'invalid_client' } } })
  const other = new Authorised(http, {
    type: 'oauth2',
    token_path: '/token',
    client_id: 'vigie',
    client_secret: 'env:PASSWORD',
  })
  await failure(other.expect(GET, signal()), UnauthorisedError)
})

tests('Retry-After is read as seconds or a date, and bounded', () => {
  assert.is(retryAfterMs('12', 0), 12_000)
  assert.is(retryAfterMs('Thu, 01 Jan 1970 00:01:00 GMT', 10_000), 50_000)
  assert.is(retryAfterMs('99999999999', 0), 3_600_000)
  assert.is(retryAfterMs('soon', 0), undefined)
  assert.is(retryAfterMs(undefined, 0), undefined)
})

tests('an address without encryption is seen', () => {
  assert.ok(isPlain('http://rt.example.org'))
  for (const url of ['https://rt.example.org', 'http://127.0.0.1:1', 'http://localhost', 'http://[::1]:8080'])
    assert.not.ok(isPlain(url))
})

tests('requests are counted by outcome', async () => {
  const text = await fixture.deps.metrics.metrics()
  for (const outcome of ['2xx', '4xx', '5xx', 'timeout', 'network'])
    assert.match(text, new RegExp(`vigie_itsm_http_requests_total\\{kind="test",outcome="${outcome}"\\} \\d`))
})

tests.after(() => server.stop())

tests.run()
