import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Supervisor } from '../../app/supervisor.js'

const roleMain = fileURLToPath(new URL('mortal_role.js', import.meta.url))
const quiet = { debug() {}, info() {}, warn() {}, error() {} }

function stage(
  roles: { name: string; dies?: number; young?: boolean; deaf?: boolean }[],
  stopTimeoutMs = 5000,
) {
  const dir = mkdtempSync(join(tmpdir(), 'vigie-supervisor-'))
  const diary = join(dir, 'diary')
  writeFileSync(diary, '')
  const waiting: { role: string; resolve: (fields: Readonly<Record<string, unknown>>) => void }[] = []
  const supervisor = new Supervisor(
    {
      roles: roles.map(({ name, dies = 0, young = false, deaf = false }) => ({
        name,
        config: { diary, dies, young, deaf },
      })),
      readyTimeoutMs: 10_000,
      stopTimeoutMs,
      logDir: dir,
      roleMain,
    },
    {
      logger: quiet,
      onReport: (role, fields) => {
        for (const w of waiting) if (w.role === role) w.resolve(fields)
      },
    },
  )
  const report = (role: string) =>
    new Promise<Readonly<Record<string, unknown>>>((resolve) => waiting.push({ role, resolve }))
  return { supervisor, report, diary: () => readFileSync(diary, 'utf8').trim().split('\n') }
}

const test = suite('supervisor')

test('starts roles in order and drains them in the same order', async () => {
  const { supervisor, diary } = stage([{ name: 'collector' }, { name: 'store' }])
  await supervisor.start()
  await supervisor.stop()
  assert.equal(diary(), ['collector starts', 'store starts', 'collector drains', 'store drains'])
})

test('starts a role again that dies, until it lives, and leaves the others alone', async () => {
  const { supervisor, report, diary } = stage([{ name: 'store' }, { name: 'processor', dies: 2 }])
  const alive = report('processor')
  await supervisor.start()
  assert.is((await alive).starts, 3)
  assert.equal(supervisor.restarts, { store: 0, processor: 2 })
  await supervisor.stop()
  assert.is(diary().filter((line) => line === 'store starts').length, 1)
})

test('waits for a role that is killed before it is ready, and starts it again', async () => {
  const { supervisor, diary } = stage([{ name: 'collector', dies: 2, young: true }])
  await supervisor.start()
  assert.is(diary().filter((line) => line === 'collector starts').length, 3)
  await supervisor.stop()
  assert.equal(diary().slice(-1), ['collector drains'])
})

test('names each process for its role', async () => {
  const { supervisor, report } = stage([{ name: 'collector' }])
  const said = report('collector')
  await supervisor.start()
  const { pid } = await said
  assert.ok(readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith('vigie-collector'))
  await supervisor.stop()
})

test('kills a role that does not drain in time', async () => {
  const { supervisor, report, diary } = stage([{ name: 'store', deaf: true }], 200)
  const said = report('store')
  await supervisor.start()
  await said
  await supervisor.stop()
  assert.equal(diary(), ['store starts', 'store drains'])
})

test('says which role could not start', async () => {
  const { supervisor } = stage([{ name: 'store' }])
  const broken = new Supervisor(
    {
      roles: [{ name: 'x', config: {} }],
      readyTimeoutMs: 5000,
      stopTimeoutMs: 100,
      logDir: tmpdir(),
      roleMain: '/nowhere.js',
    },
    { logger: quiet },
  )
  let message = ''
  await broken.start().catch((error: Error) => {
    message = error.message
  })
  assert.match(message, /^x ended before it was ready/)
  await broken.stop()
  await supervisor.stop()
})

test.run()
