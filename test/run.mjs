// Runs the built tests, each file in a process of its own, and ends with `N passed, N failed, N skipped`.
//   node test/run.mjs [PART OF A PATH…]
// A file that crashes, hangs or ends without its counts is one failure, whatever it printed.
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const built = join(root, 'dist', 'test')
const FILE_TIMEOUT_MS = 480_000
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
const sum = { passed: 0, failed: 0, skipped: 0 }
const queue = [...files]
async function worker() {
  for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
    const from = Date.now()
    const done = await runFile(file)
    for (const key of Object.keys(sum)) sum[key] += done[key]
    const mark = done.failed > 0 ? 'FAILED' : done.skipped > 0 ? 'ok (some skipped)' : 'ok'
    process.stdout.write(
      `${done.file}: ${mark} (${done.passed} in ${((Date.now() - from) / 1000).toFixed(1)} s)\n`,
    )
    if (done.failed > 0) {
      if (done.signal) process.stdout.write(`  ended by ${done.signal} (limit ${FILE_TIMEOUT_MS / 1000} s)\n`)
      process.stdout.write(`${done.said.replace(/^/gm, '  ')}\n`)
    } else if (done.skipped > 0) {
      for (const line of done.said.split('\n'))
        if (/skip/i.test(line) && !/Skipped:/.test(line)) process.stdout.write(`  ${line.trim()}\n`)
    }
  }
}
await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, worker))
rmSync(runFolder, { recursive: true, force: true })
if (files.length === 0) sum.failed = 1
process.stdout.write(`${files.length} files in ${Math.round((Date.now() - started) / 1000)} s\n`)
process.stdout.write(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped\n`)
process.exit(sum.failed > 0 ? 1 : 0)
