import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer as createHttp, type RequestListener } from 'node:http'
import { createServer as createHttps } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { PollFaultCode } from '../../../ingest/poll/fault.js'
import { faultOf } from '../../../ingest/poll/fault.js'
import { HttpClient, type HttpClientOptions } from '../../../ingest/poll/http_client.js'
import { WALL_CLOCK } from '../../../ingest/poll/ports.js'

const tests = suite('requests to controllers')
const dir = mkdtempSync(join(tmpdir(), 'vigie-tls-'))
const [key, cert] = [join(dir, 'key.pem'), join(dir, 'cert.pem')]
const servers: { close(): unknown; closeAllConnections(): void }[] = []

const hasOpenssl = ((): boolean => {
  try {
    return execFileSync('openssl', ['version']).length > 0
  } catch {
    return false
  }
})()

/** A test that needs a certificate: skipped where there is no openssl, but not in CI. */
function withCertificate(name: string, test: () => Promise<void>): void {
  if (hasOpenssl || process.env.CI) tests(name, test)
  else {
    process.stderr.write(`skipped '${name}': openssl not installed (apt-get install openssl)\n`)
    tests.skip(name, test)
  }
}

tests.before(() => {
  if (!hasOpenssl && !process.env.CI) return
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1']
  const make = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-days',
    '2',
  ]
  execFileSync('openssl', [...make, '-keyout', key, '-out', cert, ...subject], { stdio: 'ignore' })
})
tests.after(() => {
  for (const server of servers) {
    server.closeAllConnections()
    server.close()
  }
  rmSync(dir, { recursive: true, force: true })
})

async function serve(listener: RequestListener, tls = false): Promise<string> {
  const server = tls
    ? createHttps({ key: readFileSync(key), cert: readFileSync(cert) }, listener)
    : createHttp(listener)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `${tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const clientOf = (url: string, more: Partial<HttpClientOptions> = {}): HttpClient =>
  new HttpClient(
    { url, verify: true, timeoutMs: 2000, bytesMax: 10_000, connections: 1, ...more },
    WALL_CLOCK,
  )

const SIGNAL = new AbortController().signal
const REQUEST = { key: 'k', path: '/x', query: { token: 'query-secret' } }

/** The fault of a request, or the text of its answer. */
async function outcome(client: HttpClient): Promise<{ code?: PollFaultCode; said: string }> {
  try {
    const answer = await client.ask(REQUEST, { headers: { authorization: 'Bearer header-secret' } }, SIGNAL)
    return { said: answer.text }
  } catch (error) {
    const { code, message } = faultOf(error)
    assert.not.match(message, /secret/)
    return { code, said: message }
  } finally {
    client.close()
  }
}

withCertificate(
  'a certificate that nobody vouches for is refused, and said how to name its authority',
  async () => {
    const url = await serve((_request, response) => response.end('{}'), true)
    const { code, said } = await outcome(clientOf(url))
    assert.is(code, 'tls')
    assert.match(said, /ca_file/)
  },
)

withCertificate('ca_file vouches for it, and tls_verify: false asks for nothing', async () => {
  const url = await serve((_request, response) => response.end('{"a":1}'), true)
  assert.is((await outcome(clientOf(url, { ca: readFileSync(cert, 'utf8') }))).said, '{"a":1}')
  assert.is((await outcome(clientOf(url, { verify: false }))).said, '{"a":1}')
})

tests('a packed answer is unpacked, and bounded as it is unpacked', async () => {
  const url = await serve((request, response) => {
    const bytes = gzipSync(request.url!.startsWith('/x') ? Buffer.alloc(1_000_000, 32) : 'small')
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(bytes)
  })
  assert.is((await outcome(clientOf(url))).code, 'too_large')
  assert.is((await outcome(clientOf(url, { bytesMax: 2_000_000 }))).said.length, 1_000_000)
})

tests('an answer that does not come, and one that stops in the middle, are given up in time', async () => {
  const silent = await serve(() => undefined)
  assert.is((await outcome(clientOf(silent, { timeoutMs: 50 }))).code, 'slow')
  const halting = await serve((_request, response) => void response.write('{"a":'))
  assert.is((await outcome(clientOf(halting, { timeoutMs: 50 }))).code, 'slow')
})

tests('a connection that is cut in the answer is told from a whole one', async () => {
  const url = await serve((_request, response) => {
    response.writeHead(200, { 'content-length': '100' })
    response.write('{"a":1}')
    setImmediate(() => response.destroy())
  })
  assert.is((await outcome(clientOf(url))).code, 'unreachable')
})

tests('credentials are not carried to other hosts', async () => {
  let carried: string | undefined
  const other = await serve((request, response) => {
    carried = request.headers.authorization
    response.end('{}')
  })
  const url = await serve((_request, response) =>
    response.writeHead(302, { location: `${other}/x?token=query-secret` }).end(),
  )
  const { code, said } = await outcome(clientOf(url))
  assert.is(code, 'refused')
  assert.match(said, /sends on to/)
  assert.is(carried, undefined)
})

tests.run()
