import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { mutated, PAYLOADS, randomOf } from '../../../bench/mutate_payload.js'
import { normalisePayload } from '../../../ingest/edge/normalise.js'
import { EDGE_VENDORS } from '../../../ingest/edge/vendors/index.js'
import { keepsToTheModel } from './reading.js'

/**
 * Payloads broken in all the ways that wires and programs break them. The seed is fixed: a failure can be run
 * again.
 */
const SEED = 20_240_101
const ROUNDS = Number(process.env.VIGIE_FUZZ_ROUNDS ?? 12)

const test = suite('mutated payloads')

function payloads(): string[] {
  const shared = join(process.env.VIGIE_SHARED ?? '../shared', 'sdwan')
  if (!existsSync(shared)) {
    process.stdout.write(`only own payloads: no samples in ${shared} (VIGIE_SHARED says where)\n`)
    return PAYLOADS
  }
  const folders = readdirSync(shared, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  const files = folders.flatMap(({ name }) =>
    readdirSync(join(shared, name)).map((file) => join(shared, name, file)),
  )
  return [
    ...PAYLOADS,
    ...files.filter((file) => !file.endsWith('.dat')).map((file) => readFileSync(file, 'utf8')),
  ]
}

test(`never throw, fail no adapter, and give records that keep to the model (seed ${SEED})`, () => {
  const random = randomOf(SEED)
  for (const text of payloads()) {
    for (let round = 0; round < ROUNDS; round++) {
      const broken = mutated(text, random)
      const { records, rejects } = normalisePayload(broken, { vendor: 'auto' })
      for (const record of records) keepsToTheModel(record)
      const failed = rejects.filter(({ code }) => code === 'adapter_failed')
      assert.equal(failed, [], `${broken.slice(0, 2000)}`)
    }
  }
})

test('every adapter takes every payload without throwing', () => {
  const random = randomOf(SEED + 1)
  for (const text of payloads().map((payload) => mutated(payload, random))) {
    for (const { id } of EDGE_VENDORS) {
      const { rejects } = normalisePayload(text, { vendor: id })
      assert.equal(
        rejects.filter(({ code }) => code === 'adapter_failed'),
        [],
        `${id}: ${text.slice(0, 2000)}`,
      )
    }
  }
})

test('deep nesting and long strings are read within bounds', () => {
  const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`
  assert.ok(normalisePayload(deep, { vendor: 'auto' }).rejects.length > 0)
  const objects = `${'{"data":'.repeat(5000)}1${'}'.repeat(5000)}`
  assert.ok(normalisePayload(objects, { vendor: 'auto' }).rejects.length > 0)
  assert.ok(normalisePayload(`{"a":"${'\\"'.repeat(500_000)}`, { vendor: 'auto' }).rejects.length > 0)
  assert.ok(normalisePayload(`a="${'\\"'.repeat(200_000)}`, { vendor: 'auto' }).rejects.length > 0)
})

test.run()
