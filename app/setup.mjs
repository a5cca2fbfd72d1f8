// Sets up what is missing on a fresh machine (npm packages, nats-server, the build), then runs what was asked:
//   node app/setup.mjs [start|test] [arguments…]
// It is plain JavaScript on Node's own modules because it runs before anything is installed or built.
// A second run finds everything in place and does nothing.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const SOURCES = [
  'model',
  'ingest',
  'enrich',
  'detect',
  'sinks',
  'dashboards',
  'simulate',
  'app',
  'bench',
  'test',
]
const say = (text) => process.stderr.write(`vigie: ${text}\n`)

function fail(text) {
  say(text)
  process.exit(2)
}

function run(command, args, options = {}) {
  const done = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    ...options,
  })
  return { ok: done.status === 0, said: `${done.stdout ?? ''}${done.stderr ?? ''}`.trim() }
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > 20 || (major === 20 && minor >= 15)) return
  fail(`Node ${process.versions.node} is too old: Vigie needs Node 20.15 or newer (https://nodejs.org).`)
}

/** Whether node_modules holds what package-lock.json asks for; npm leaves its own list of what it installed there. */
function packagesInstalled() {
  const list = join(root, 'node_modules', '.package-lock.json')
  if (!existsSync(list)) return false
  const have = JSON.parse(readFileSync(list, 'utf8')).packages
  const want = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages
  return Object.entries(want).every(
    ([path, entry]) => path === '' || entry.optional || have[path]?.version === entry.version,
  )
}

function installPackages() {
  if (packagesInstalled()) return
  say('installing npm packages (about 600 MB, the embedded ClickHouse engine being most of it) …')
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
  const done = run(npm, ['ci', '--ignore-scripts', '--no-audit', '--no-fund'])
  if (!done.ok) fail(`npm ci failed; its last words: ${done.said.split('\n').slice(-5).join(' ')}`)
}

function installNats() {
  if (process.env.NATS_URL || run('nats-server', ['--version']).ok) return
  const asRoot = process.getuid?.() === 0 ? [] : run('sudo', ['-n', 'true']).ok ? ['sudo', '-n'] : undefined
  const advice =
    'nats-server is missing: install it (Debian: apt-get install nats-server; others: https://nats.io/download), or set NATS_URL to a server that runs.'
  if (asRoot === undefined || !run('apt-get', ['--version']).ok) fail(advice)
  say("installing Debian's nats-server …")
  const apt = (args) => {
    const [command, ...rest] = [...asRoot, 'apt-get', ...args]
    return run(command, rest, { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } })
  }
  const install = () => apt(['install', '-y', '-q', '--no-install-recommends', 'nats-server'])
  let done = install()
  if (!done.ok) {
    apt(['update', '-q'])
    done = install()
  }
  if (!done.ok) fail(`${advice} (apt-get: ${done.said.split('\n').pop()})`)
}

/** Name, size and change time of every source: when it equals what the last build saw, the build still stands. */
function sourceList() {
  const lines = []
  const walk = (folder) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name)
      if (entry.isDirectory()) walk(path)
      else if (entry.name.endsWith('.ts') || entry.name.endsWith('.json')) {
        const { size, mtimeMs } = statSync(path)
        lines.push(`${path} ${size} ${Math.floor(mtimeMs)}`)
      }
    }
  }
  for (const folder of SOURCES) if (existsSync(join(root, folder))) walk(join(root, folder))
  lines.push(String(statSync(join(root, 'tsconfig.json')).mtimeMs))
  return lines.sort().join('\n')
}

function build() {
  const stamp = join(root, 'dist', '.sources')
  const sources = sourceList()
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === sources) return
  say('building …')
  rmSync(join(root, 'dist'), { recursive: true, force: true })
  // The browser side of the viewer knows the DOM and not Node: a project of its own, into the same folder.
  for (const project of ['tsconfig.json', 'dashboards/viewer/browser/tsconfig.json']) {
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
    const done = run(process.execPath, [tsc, '-p', project])
    if (!done.ok) fail(`the build failed:\n${done.said}`)
  }
  writeFileSync(stamp, sources)
}

/** Runs the program in the foreground: signals reach it, and its exit status becomes ours. */
function hand(over, args) {
  const child = spawn(process.execPath, [join(root, over), ...args], { stdio: 'inherit' })
  // A terminal's Ctrl-C reaches the whole group, the program included; other signals are handed on.
  process.on('SIGINT', () => undefined)
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 143)))
}

const [what, ...rest] = process.argv.slice(2)
checkNode()
installPackages()
installNats()
build()
if (what === 'start') hand('app/vigie.mjs', ['demo', ...rest])
else if (what === 'test') hand('test/run.mjs', rest)
else if (what !== undefined) fail(`'${what}' is not known here: node app/setup.mjs [start|test]`)
