import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'

/**
 * The house rules as a test. Each rule is a function from a file to its faults, and each is tried on a text that breaks
 * it, so that a rule cannot go blind.
 */
interface SourceFile {
  readonly path: string
  readonly text: string
}
type Rule = (file: SourceFile) => string[]

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
const isGenerated = (path: string): boolean => path.endsWith('.generated.ts')
const isTypeScript = (path: string): boolean => path.endsWith('.ts') && !isGenerated(path)
const lines = (file: SourceFile): string[] => file.text.split('\n')
const eachLine = (file: SourceFile, fault: (line: string) => string | undefined): string[] =>
  lines(file).flatMap((line, i) => {
    const said = fault(line)
    return said === undefined ? [] : [`${file.path}:${i + 1}: ${said}`]
  })

const MAX_FILE_LINES = 400
const MAX_LINE = 140
const COMPONENTS = ['dashboards', 'sinks', 'detect', 'enrich', 'ingest', 'simulate']

const fileLength: Rule = (file) => {
  const n = lines(file).length
  return isTypeScript(file.path) && n > MAX_FILE_LINES + 1
    ? [`${file.path}: ${n} lines, at most ${MAX_FILE_LINES}`]
    : []
}

/** Sentences for people and SQL may be long; the code around them may not. */
const withoutTexts = (line: string): string =>
  line.replace(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`[^`]*`?|\/.*\/[a-z]*/g, "''")

const lineLength: Rule = (file) =>
  isTypeScript(file.path)
    ? eachLine(file, (line) => {
        const { length } = withoutTexts(line)
        return length > MAX_LINE ? `${length} characters beside texts, at most ${MAX_LINE}` : undefined
      })
    : []

/** Arrows between folders: components see `model` and themselves, `model` sees nothing, only bench and test see `app`. */
const arrows: Rule = (file) => {
  if (!file.path.endsWith('.ts')) return []
  const from = file.path.split('/')[0]!
  if (['app', 'bench', 'test'].includes(from)) return []
  return eachLine(file, (line) => {
    const target = /(?:from|import)\s*\(?\s*'(\.\.?\/[^']+)'/.exec(line)?.[1]
    if (target === undefined) return undefined
    const to = join(dirname(file.path), target).split('/')[0]!
    if (to === from || (to === 'model' && COMPONENTS.includes(from))) return undefined
    return `${from} must not import ${to}`
  })
}

const MARKERS = new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME', 'X' + 'XX', 'HA' + 'CK'].join('|')})\\b`)
const markers: Rule = (file) =>
  /\.(ts|mjs|md|sql|yaml|yml|sh)$/.test(file.path)
    ? eachLine(file, (line) =>
        MARKERS.test(line) ? 'a leftover marker: finish it or file an issue' : undefined,
      )
    : []

const names: Rule = (file) => {
  const name = file.path.split('/').pop()!
  if (!/\.(ts|mjs)$/.test(name) || /^[a-z0-9_]+(\.(test|generated))?\.(ts|mjs)$/.test(name)) return []
  return [`${file.path}: files are named in snake_case for the one thing in them`]
}

const MACHINE = new RegExp(['/wo' + 'rk/', '/tm' + 'p/h/', 'bash_' + 'jobs', '/ro' + 'ot/'].join('|'))
const machinePaths: Rule = (file) =>
  /\.(ts|mjs|md|json|yaml|yml|sh)$/.test(file.path) && file.path !== 'package-lock.json'
    ? eachLine(file, (line) => (MACHINE.test(line) ? 'names a path of one machine' : undefined))
    : []

const checksOff: Rule = (file) =>
  isTypeScript(file.path)
    ? eachLine(file, (line) =>
        new RegExp(`@ts-${'ignore'}|@ts-${'nocheck'}|\\.${'only'}\\(`).test(line)
          ? 'switches a check off'
          : undefined,
      )
    : []

const sleeps: Rule = (file) =>
  file.path.startsWith('test/') && isTypeScript(file.path)
    ? eachLine(file, (line) =>
        /setTimeout\(\s*resolve\s*,\s*\d{3,}/.test(line) ? 'sleeps: wait for the event instead' : undefined,
      )
    : []

const RULES = { fileLength, lineLength, arrows, markers, names, machinePaths, checksOff, sleeps }

const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter((path) => /\.(ts|mjs|md|json|sql|ya?ml|sh)$/.test(path) && existsSync(join(root, path)))
  .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))

const tidy = suite('tidy')

for (const [name, rule] of Object.entries(RULES)) {
  tidy(`the house keeps the rule ${name}`, () => {
    const faults = tracked.flatMap(rule)
    assert.is(faults.length, 0, faults.slice(0, 20).join('\n'))
  })
}

tidy('each rule sees what breaks it', () => {
  const broken: [Rule, string, string][] = [
    [fileLength, 'model/a.ts', 'x\n'.repeat(500)],
    [lineLength, 'model/a.ts', 'x'.repeat(200)],
    [arrows, 'ingest/udp/a.ts', "import { a } from '../../detect/a.js'"],
    [arrows, 'model/a.ts', "import { a } from '../app/a.js'"],
    [markers, 'docs/a.md', `${'TO'}DO: later`],
    [names, 'model/camelCase.ts', ''],
    [machinePaths, 'docs/a.md', `see ${'/wo'}rk/main`],
    [checksOff, 'test/a.test.ts', `it.${'only'}(1)`],
    [sleeps, 'test/a.test.ts', `await new Promise((resolve) => set${'Timeout'}(resolve, 500))`],
  ]
  for (const [rule, path, text] of broken)
    assert.is.not(rule({ path, text }).length, 0, `${path}: ${text.slice(0, 40)}`)
})

tidy('allows the arrows of the design', () => {
  assert.equal(
    arrows({ path: 'ingest/udp/a.ts', text: "import { COL } from '../../model/flow_columns.js'" }),
    [],
  )
  assert.equal(arrows({ path: 'app/a.ts', text: "import { a } from '../detect/a.js'" }), [])
})

tidy('README stays under 300 words, in both languages', () => {
  for (const path of ['README.md', 'README.fr.md']) {
    const words = readFileSync(join(root, path), 'utf8').split(/\s+/).filter(Boolean).length
    assert.ok(words < 300, `${path} has ${words} words`)
  }
})

tidy('the change log says what a user sees, newest first', () => {
  const text = readFileSync(join(root, 'CHANGELOG.md'), 'utf8')
  assert.match(text, /^# /)
  const versions = [...text.matchAll(/^## (\S+)/gm)].map((m) => m[1])
  assert.ok(versions.length > 0)
})

tidy.run()
