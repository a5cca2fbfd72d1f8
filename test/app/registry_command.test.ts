import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { registryCommand } from '../../app/registry_command.js'
import { NatsFixture } from '../ingest/bus/nats_fixture.js'

const test = suite('vigie registry')

const dir = mkdtempSync(join(tmpdir(), 'vigie-registry-'))
test.after(() => rmSync(dir, { recursive: true }))

const GOOD = `
organizations:
  - { id: lab, name: { fr: Laboratoire, en: Laboratory }, services: { ddos: {}, scan: { mode: shadow } } }
sites:
  - { id: lab-1, organization: lab, region: "06", prefixes: ["10.1.0.0/16", "2001:db8:1::/48"] }
`

function file(name: string, text: string): string {
  const path = join(dir, name)
  writeFileSync(path, text)
  return path
}

class Heard extends Writable {
  text = ''
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString()
    done()
  }
}

async function run(args: string[], env: Record<string, string> = { VIGIE_LANG: 'en' }) {
  const stdout = new Heard()
  const stderr = new Heard()
  const status = await registryCommand(args, { stdout, stderr, env })
  return { status, stdout: stdout.text, stderr: stderr.text }
}

test('check says that a good registry is good', async () => {
  const { status, stdout } = await run(['check', file('good.yaml', GOOD)])
  assert.is(status, 0)
  assert.is(stdout, 'the registry is good: organizations 1, sites 1\n')
})

test('check names each mistake with its place, in the language asked for', async () => {
  const path = file(
    'bad.yaml',
    GOOD.replace('"06"', '"18"').replace('organization: lab', 'organization: labo'),
  )
  const english = await run(['check', path])
  assert.is(english.status, 1)
  assert.equal(
    english.stdout.split('\n').map((line) => line.replace(dir, '')),
    [
      '/bad.yaml:5:32: site lab-1: organization: there is no "labo" in organizations; write "lab"; else add it there',
      '/bad.yaml:5:46: site lab-1: there is no region "18"; write a code from "01" to "17", in quotes',
      '',
    ],
  )
  assert.is(english.stderr, '2 mistakes\n')
  const french = await run(['check', path, '--lang', 'fr'])
  assert.match(french.stdout, /la région "18" n’existe pas/)
  assert.is(french.stderr, '2 erreurs\n')
})

test('check asks the services about their parameters', async () => {
  const path = file('services.yaml', GOOD.replace('mode: shadow', 'mode: loud, hosts_min: many'))
  const { status, stdout } = await run(['check', path])
  assert.is(status, 1)
  assert.match(stdout, /:3:\d+: organization lab: service scan: mode: active, shadow, off ≠ "loud"/)
})

test('check takes a folder, and its files as one registry', async () => {
  const folder = mkdtempSync(join(dir, 'folder-'))
  writeFileSync(join(folder, 'organizations.csv'), 'id,name.fr,name.en\nlab,L,L\n')
  writeFileSync(join(folder, 'sites.yaml'), 'sites: [{ id: s, organization: lab }]\n')
  writeFileSync(join(folder, 'README.md'), 'not a registry')
  assert.is((await run(['check', folder])).status, 0)
})

test('apply shows what changes and puts it in force; export gives it back', async () => {
  const nats = new NatsFixture()
  await nats.start()
  try {
    const env = { VIGIE_LANG: 'en', NATS_URL: nats.server.url }
    const first = await run(['apply', file('good.yaml', GOOD)], env)
    assert.is(first.status, 0, first.stderr)
    assert.equal(first.stdout.split('\n'), [
      '+ organization lab',
      '+ site lab-1',
      'version 1 is in force (added: 2, changed: 0, removed: 0)',
      '',
    ])
    const moved = await run(['apply', file('moved.yaml', GOOD.replace('"06"', '"07"'))], env)
    assert.match(moved.stdout, /^~ site lab-1: region\nversion 2 /)
    const again = await run(['apply', file('same.yaml', (await run(['export'], env)).stdout)], env)
    assert.is(again.stdout, 'nothing changes: version 2 stays in force\n')
    const bad = await run(['apply', file('bad.yaml', GOOD.replace('"06"', '"18"'))], env)
    assert.equal([bad.status, bad.stdout], [1, ''])
    assert.match(bad.stderr, /there is no region "18"/)
  } finally {
    await nats.stop()
  }
})

test('import turns NetBox objects to a registry in YAML', async () => {
  const path = file(
    'netbox.json',
    JSON.stringify({ results: [{ slug: 's', name: 'S', region: null, tenant: { slug: 't' } }] }),
  )
  const { status, stdout } = await run(['import', path])
  assert.is(status, 0)
  assert.is((await run(['check', file('imported.yaml', stdout)])).status, 0)
})

test('refuses what it does not know, with what it knows', async () => {
  for (const args of [
    ['chek', 'x'],
    [],
    ['check'],
    ['check', join(dir, 'none.yaml')],
    ['check', 'x', '--nope'],
  ]) {
    let error: unknown
    await run(args).catch((e: unknown) => {
      error = e
    })
    assert.instance(error, Error, args.join(' '))
  }
})

test.run()
