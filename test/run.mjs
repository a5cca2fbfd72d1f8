// Runs the built tests, each file in a process of its own, and ends with `N passed, N failed, N skipped`.
//   node test/run.mjs [PART OF A PATH…]
// A file that crashes, hangs or ends without its counts is one failure, whatever it printed. A file that failed beside another
// is tried once more by itself at the end: what fails again has failed, what passes then is named as flaky, with what it said.
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const built = join(root, 'dist', 'test')
const FILE_TIMEOUT_MS = 480_000
/** More failures than these are no bad luck. */
const SECOND_TRIES_MAX = 3
/** What is dear to build and the same for several files, they share here. */
const runFolder = mkdtempSync(join(tmpdir(), 'vigie-test-run-'))
const wanted = process.argv.slice(2)

const files = readdirSync(built, { recursive: true })
  .filter((f) => f.endsWith('.test.js') && (wanted.length === 0 || wanted.some((w) => f.includes(w))))
  .sort()
  .map((f) => join(built, f))

const count = (said, label) =>
  [...said.matchAll(new RegExp(`${label}:\\s+(\\d+)`, 'g'))].reduce((n, m) => n + +m[1], 0)

function runFile(file) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--enable-source-maps', file], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0', VIGIE_TEST_RUN_FOLDER: runFolder },
    })
    let said = ''
    child.stdout.on('data', (d) => (said += d))
    child.stderr.on('data', (d) => (said += d))
    const timer = setTimeout(() => child.kill('SIGKILL'), FILE_TIMEOUT_MS)
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      const total = count(said, 'Total')
      const passed = count(said, 'Passed')
      const skipped = count(said, 'Skipped')
      // uvu's total leaves out what was skipped.
      const missed = Math.max(0, total - passed)
      const broken = missed === 0 && (code !== 0 || total + skipped === 0)
      const failed = missed + (broken ? 1 : 0)
      resolve({ file: relative(built, file), passed, skipped, failed, said, signal })
    })
  })
}

const started = Date.now()
const queue = [...files]
const ended = []
const print = (line) => process.stdout.write(`${line}\n`)

async function run(file) {
  const from = Date.now()
  const done = { ...(await runFile(file)), path: file }
  const mark = done.failed > 0 ? 'FAILED' : done.skipped > 0 ? 'ok (some skipped)' : 'ok'
  print(`${done.file}: ${mark} (${done.passed} in ${((Date.now() - from) / 1000).toFixed(1)} s)`)
  if (done.failed > 0) {
    if (done.signal) print(`  ended by ${done.signal} (limit ${FILE_TIMEOUT_MS / 1000} s)`)
    print(done.said.replace(/^/gm, '  '))
  } else if (done.skipped > 0) {
    for (const line of done.said.split('\n'))
      if (/skip/i.test(line) && !/Skipped:/.test(line)) print(`  ${line.trim()}`)
  }
  return done
}
async function worker() {
  for (let file = queue.shift(); file !== undefined; file = queue.shift()) ended.push(await run(file))
}
await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, worker))

const failed = ended.filter((done) => done.failed > 0)
const flaky = []
if (failed.length <= SECOND_TRIES_MAX)
  for (const first of failed) {
    const second = await run(first.path)
    if (second.failed > 0) continue
    ended[ended.indexOf(first)] = second
    flaky.push(second.file)
  }
for (const file of flaky) print(`${file}: FLAKY, failed once and passed by itself; its first words are above`)

rmSync(runFolder, { recursive: true, force: true })
const sum = (key) => ended.reduce((n, done) => n + done[key], 0)
const failures = files.length === 0 ? 1 : sum('failed')
print(`${files.length} files in ${Math.round((Date.now() - started) / 1000)} s`)
print(`${sum('passed')} passed, ${failures} failed, ${sum('skipped')} skipped`)
process.exit(failures > 0 ? 1 : 0)
