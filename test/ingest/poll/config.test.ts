import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { pollersSchema } from '../../../ingest/poll/config.js'

const tests = suite('configuration of pollers')

const faultsOf = (pollers: readonly object[]): string[] => {
  const read = pollersSchema.safeParse(pollers)
  return read.success ? [] : read.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
}

tests('takes a poller with its credentials in variables', () => {
  const poller = {
    id: 'org',
    vendor: 'cisco-meraki',
    url: 'https://api.meraki.com',
    credentials_env: { api_key: 'MERAKI_KEY' },
    options: { organization: '1' },
  }
  assert.equal(faultsOf([poller]), [])
})

tests('tells all mistakes of all pollers at once', () => {
  const faults = faultsOf([
    { id: 'a b', vendor: 'cisco-meraki', url: 'http://api.example.org', feeds: ['foo'] },
    { id: 'x', vendor: 'fortinet', url: 'https://u:p@h/', credentials_file: 'f', options: { vdomm: 'a' } },
  ]).join('\n')
  for (const said of [
    /^0\.id: letters/m,
    /^0\.url: no TLS/m,
    /^0\.options\.organization: is missing/m,
    /^0\.feeds: cisco-meraki has no feed 'foo'/m,
    /^0\.credentials_file: is missing: api_key/m,
    /^1\.url: holds a name or a password/m,
    /^1\.options\.vdomm: no option of fortinet/m,
  ])
    assert.match(faults, said)
})

tests('two pollers of one name are told: their cursors would be one', () => {
  const poller = { vendor: 'fortinet', url: 'https://fw', credentials_file: 'f' }
  assert.match(
    faultsOf([
      { id: 'x', ...poller },
      { id: 'x', ...poller },
    ]).join(),
    /another poller/,
  )
})

tests('HTTP without TLS is for loopback, or for those who say so', () => {
  const poller = { id: 'x', vendor: 'fortinet', credentials_file: 'f' }
  assert.equal(faultsOf([{ ...poller, url: 'http://127.0.0.1:8080' }]), [])
  assert.equal(faultsOf([{ ...poller, url: 'http://fw', plain_http: true }]), [])
  assert.is(faultsOf([{ ...poller, url: 'http://fw' }]).length, 1)
})

tests.run()
