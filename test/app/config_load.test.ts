import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { z } from 'zod'
import { ConfigError, configPaths, loadConfig, variableOf } from '../../app/config/load.js'
import { vigieSchema } from '../../app/config/vigie_schema.js'

const schema = z.strictObject({
  lang: z.enum(['fr', 'en']).default('fr'),
  collector: z
    .strictObject({
      frame_bytes: z.int().min(1024).default(524288),
      listeners: z.array(z.int()).default([2055]),
    })
    .prefault({}),
})

const yaml = (text: string): string => {
  const file = join(mkdtempSync(join(tmpdir(), 'vigie-config-')), 'vigie.yaml')
  writeFileSync(file, text)
  return file
}

const faultsOf = (run: () => unknown): readonly string[] => {
  try {
    run()
  } catch (error) {
    if (error instanceof ConfigError) return error.faults
    throw error
  }
  return []
}

const test = suite('configuration')

test('is complete without any source', () => {
  const { config, origins } = loadConfig(schema, { env: {} })
  assert.equal(config, { lang: 'fr', collector: { frame_bytes: 524288, listeners: [2055] } })
  assert.is(origins.get('collector.frame_bytes'), 'default')
})

test('flags beat variables, variables beat the file, and each value knows its origin', () => {
  const file = yaml('lang: en\ncollector:\n  frame_bytes: 2048\n  listeners: [9995]\n')
  const { config, origins } = loadConfig(schema, {
    file,
    env: { VIGIE_COLLECTOR_FRAME_BYTES: '4096', VIGIE_COLLECTOR_LISTENERS: '[1, 2]' },
    flags: [{ path: 'collector.frame_bytes', flag: '--frame-bytes', value: '8192' }],
  })
  assert.equal(config, { lang: 'en', collector: { frame_bytes: 8192, listeners: [1, 2] } })
  assert.is(origins.get('collector.frame_bytes'), '--frame-bytes')
  assert.is(origins.get('collector.listeners'), 'VIGIE_COLLECTOR_LISTENERS')
  assert.is(origins.get('lang'), `${file}:1:7`)
})

test('services that are named must be there, wherever they are named', () => {
  const file = yaml(`detector: { services: [ddos, scam], defaults: { skan: { hosts: 3 } } }
itsm: { policy: { rules: [{ name: r, match: { services: [slo] } }] } }
`)
  const faults = faultsOf(() => loadConfig(vigieSchema, { file, env: {} }))
  assert.is(faults.length, 3, faults.join('; '))
  for (const [i, id] of ['scam', 'skan', 'slo'].entries())
    assert.match(faults[i]!, `there is no service '${id}': ddos, scan,`)
})

test('reports every mistake at once, each with its place', () => {
  const file = yaml('lang: de\ncolour: blue\ncollector:\n  frame_bytes: 12\n  depth: 3\n')
  const faults = faultsOf(() =>
    loadConfig(schema, { file, env: { VIGIE_COLLECTOR_LISTENERS: 'many', VIGIE_WHAT: '1' } }),
  )
  for (const part of [
    `${file}:1:7: lang:`,
    `${file}:2:9: colour: no such key`,
    `${file}:4:16: collector.frame_bytes:`,
    `${file}:5:10: collector.depth: no such key`,
    'VIGIE_COLLECTOR_LISTENERS: collector.listeners:',
    'VIGIE_WHAT: no such setting',
  ])
    assert.ok(
      faults.some((fault) => fault.startsWith(part)),
      `${part} in\n${faults.join('\n')}`,
    )
  assert.is(faults.length, 6)
})

test('a file that is no YAML is refused with its place', () => {
  const file = yaml('lang: [fr\ncollector: }')
  const [fault] = faultsOf(() => loadConfig(schema, { file, env: {} }))
  assert.match(fault, new RegExp(`^${file}:\\d+:\\d+: `))
})

test('each setting has one variable', () => {
  assert.equal(configPaths(schema), ['lang', 'collector.frame_bytes', 'collector.listeners'])
  assert.is(variableOf('collector.frame_bytes'), 'VIGIE_COLLECTOR_FRAME_BYTES')
})

test.run()
