import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { read } from './reading.js'

/** Payloads that vendors publish, with what must be read in them (VIGIE_SHARED or ../shared). */
const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..', '..')
const samples = join(process.env.VIGIE_SHARED ?? join(root, '..', 'shared'), 'sdwan')
const available = existsSync(join(samples, 'check.mjs'))

const test = suite('shared SD-WAN samples')
const it = available ? test : test.skip
if (!available) process.stdout.write(`skipped: no samples in ${samples} (VIGIE_SHARED says where)\n`)

it('hold their expectations, each file through the command', () => {
  const command = `${process.execPath} ${join(root, 'app', 'vigie.mjs')} normalize --vendor auto`
  const run = spawnSync(process.execPath, [join(samples, 'check.mjs'), '--cmd', command, '--json'], {
    encoding: 'utf8',
  })
  const { passed, of, failed } = JSON.parse(run.stdout)
  assert.equal(failed, [])
  assert.is(passed, of)
})

it('report a MOS that the E-model computes to 0.01', () => {
  let compared = 0
  for (const folder of ['juniper-ssr', 'fortinet']) {
    for (const file of readdirSync(join(samples, folder)).filter((name) => /\.(ndjson|log)$/.test(name))) {
      for (const { mos, mos_computed } of read(readFileSync(join(samples, folder, file), 'utf8'))) {
        if (mos === undefined) continue
        assert.ok(
          Math.abs((mos as number) - (mos_computed as number)) <= 0.01,
          `${file}: ${mos}, ${mos_computed}`,
        )
        compared++
      }
    }
  }
  assert.is(compared, 24)
})

test.run()
