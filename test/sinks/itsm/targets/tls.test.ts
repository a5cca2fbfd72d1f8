import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer as createProxy, type Server } from 'node:http'
import { createServer } from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { z } from 'zod'
import { HttpClient } from '../../../../sinks/itsm/targets/http/http_client.js'
import { HTTP_KEYS } from '../../../../sinks/itsm/targets/http/http_config.js'
import { withPackage } from './real_server.js'
import { failure, RetryableError, TargetFixture } from './target_fixture.js'

/** Encrypted targets: the authority of the house, and the proxy of the house. */
const NEEDS = { files: ['/usr/bin/openssl'], packages: 'openssl' }
const dir = mkdtempSync(join(tmpdir(), 'vigie-tls-'))
const schema = z.object(HTTP_KEYS)
const fixture = new TargetFixture()
const PASSWORD = 'mot de passe du mandataire'
fixture.secrets.set('env:PROXY', PASSWORD)
const GET = { method: 'GET', path: '/x' } as const
const signal = new AbortController().signal
const portOf = (server: Server): number => (server.address() as AddressInfo).port
let target: ReturnType<typeof createServer>
let proxy: Server
const tunnels: string[] = []

const client = (changes: object): HttpClient =>
  new HttpClient(
    'test',
    schema.parse({ url: `https://localhost:${portOf(target)}`, ...changes }),
    fixture.deps,
  )
const throughProxy = (password = 'env:PROXY'): object => ({
  ca_file: join(dir, 'cert.pem'),
  proxy: { url: `http://127.0.0.1:${portOf(proxy)}`, user: 'vigie', password },
})

const tests = suite('encrypted targets')
const real = (name: string, test: () => Promise<void>): void => withPackage(tests, NEEDS, name, test)

real('a certificate of the house is trusted by its authority alone', async () => {
  const [key, cert] = [join(dir, 'key.pem'), join(dir, 'cert.pem')]
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-days', '2']
  const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  execFileSync('openssl', [...args, '-keyout', key, '-out', cert, ...subject], { stdio: 'ignore' })
  target = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (_request, response) =>
    response.end('{"ok":true}'),
  )
  await once(target.listen(0, '127.0.0.1'), 'listening')
  const unknown = await failure(client({}).call(GET, signal), RetryableError)
  assert.match(unknown.message, /SELF_SIGNED|self-signed/)
  assert.is((await client({ ca_file: cert }).expect(GET, signal)).text, '{"ok":true}')
})

real('a target is reached through the proxy, which sees nothing of it', async () => {
  proxy = createProxy()
  proxy.on('connect', (request, socket) => {
    const expected = `Basic ${Buffer.from(`vigie:${PASSWORD}`).toString('base64')}`
    tunnels.push(`${request.url} ${request.headers['proxy-authorization'] === expected}`)
    if (request.headers['proxy-authorization'] !== expected) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n')
      return
    }
    const through = connect(portOf(target), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      through.pipe(socket).pipe(through)
    })
    for (const end of [through, socket]) end.on('error', () => undefined)
  })
  await once(proxy.listen(0, '127.0.0.1'), 'listening')
  const http = client(throughProxy())
  assert.is((await http.expect(GET, signal)).text, '{"ok":true}')
  assert.is((await http.expect(GET, signal)).text, '{"ok":true}')
  assert.equal(tunnels, [`localhost:${portOf(target)} true`], 'one tunnel for both')
  http.close()
  const distrusted = client({ ...throughProxy(), ca_file: undefined })
  await failure(distrusted.call(GET, signal), RetryableError)
})

real('a proxy that refuses is said, its password is not', async () => {
  fixture.secrets.set('env:OTHER', 'un autre mot de passe')
  const error = await failure(client(throughProxy('env:OTHER')).call(GET, signal), RetryableError)
  assert.match(error.message, /answered 407/)
  assert.not.match(error.message + fixture.logged.join('\n'), /autre mot de passe|mandataire/)
})

tests.after(() => {
  for (const server of [target, proxy]) {
    server?.closeAllConnections()
    server?.close()
  }
  rmSync(dir, { recursive: true, force: true })
})

tests.run()
