// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are Grafana’s placeholders
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parse } from 'yaml'
import { SERVICE_TITLES } from '../../app/service_titles.js'
import { buildFiles, builtIn, provisioningYaml } from '../../dashboards/build.js'
import type { BuiltDashboard } from '../../dashboards/built.js'
import { LANGUAGES } from '../../dashboards/language.js'
import { lintDashboards } from '../../dashboards/lint.js'

const build = suite('dashboards: build')
const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..')

build('gives the same bytes twice', () => {
  const [once, again] = [buildFiles(LANGUAGES, SERVICE_TITLES), buildFiles(LANGUAGES, SERVICE_TITLES)]
  assert.equal([...once.keys()], [...again.keys()])
  for (const [name, text] of once) assert.is(text, again.get(name), name)
})

build('is classic JSON that Grafana imports: schema 42, not editable, stable uids in both languages', () => {
  for (const lang of LANGUAGES) {
    for (const board of builtIn(lang, SERVICE_TITLES)) {
      assert.match(board.uid, new RegExp(`^vigie-${lang}-[a-z-]+$`))
      assert.is(board.schemaVersion, 42)
      assert.is(board.editable, false)
      assert.is(board.timezone, 'America/Toronto')
    }
  }
  const slugs = (lang: 'fr' | 'en'): string[] =>
    builtIn(lang, SERVICE_TITLES).map(({ uid }) => uid.replace(`vigie-${lang}-`, ''))
  assert.equal(slugs('fr'), slugs('en'))
})

build('has the same panels and queries in both languages, names of things aside', () => {
  const [fr, en] = [builtIn('fr'), builtIn('en')]
  for (const [i, board] of fr.entries()) {
    const ids = ({ panels }: BuiltDashboard): unknown[] =>
      panels.map(({ id, type, gridPos }) => [id, type, gridPos])
    assert.equal(ids(board), ids(en[i]!), board.uid)
  }
})

build('fills the grid without overlap', () => {
  for (const { uid, panels } of builtIn('fr')) {
    const taken = new Set<string>()
    for (const { gridPos, title } of panels) {
      assert.ok(gridPos.x + gridPos.w <= 24, `${uid} ${title}`)
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          assert.not(taken.has(`${x} ${y}`), `${uid} ${title}`)
          taken.add(`${x} ${y}`)
        }
      }
    }
  }
})

build('has no fault that the linter knows', () => {
  for (const lang of LANGUAGES) assert.equal(lintDashboards(builtIn(lang, SERVICE_TITLES), lang), [])
})

build('is refused by the linter once it is broken', () => {
  const broken = (change: (board: Record<string, never>) => void): string[] => {
    const boards = structuredClone(builtIn('fr')) as unknown as Record<string, never>[]
    change(boards[0]!)
    return lintDashboards(boards as unknown as BuiltDashboard[], 'fr')
  }
  // biome-ignore lint/suspicious/noExplicitAny: the point is to break the types
  type Loose = any
  const first = (board: Loose): Loose => board.panels[0]
  const breaks: ((board: Loose) => void)[] = [
    (board) => (board.editable = true),
    (board) => (board.schemaVersion = 41),
    (board) => (first(board).title = ''),
    (board) => (first(board).description = ''),
    (board) => (first(board).id = board.panels[1].id),
    (board) => (first(board).targets = []),
    (board) => (first(board).targets[0].rawSql = ''),
    (board) => (first(board).targets[0].rawSql = 'SELECT count() FROM vigie.flows'),
    (board) => (first(board).targets[0].rawSql = "SELECT '${org}'"),
    (board) => (first(board).targets[0].rawSql = 'SELECT 1 WHERE org IN (${org:singlequote})'),
    (board) => (first(board).targets[0].rawSql = 'SELECT ${nobody:singlequote}'),
    (board) => (first(board).targets[0].rawSql = 'SELECT $__somethingElse(x)'),
    (board) => (first(board).datasource.uid = 'vigie'),
    (board) => (first(board).fieldConfig.defaults.unit = 'short'),
    (board) => (first(board).fieldConfig.defaults.mappings = []),
    (board) => (first(board).title = 'Constats : ouverts'),
    (board) => (first(board).links = [{ title: 'Voir', url: '/d/nowhere?from=1' }]),
    (board) => (first(board).links = [{ title: 'Voir', url: '/d/vigie-fr-traffic' }]),
    (board) => (first(board).links = [{ title: 'Voir', url: '/d/vigie-fr-traffic?from=1&var-uid=a' }]),
  ]
  for (const change of breaks) assert.is.not(broken(change).length, 0, String(change))
})

build('is provisioned by language, as the committed file says', () => {
  const committed = readFileSync(join(root, 'dashboards', 'provisioning', 'dashboards', 'vigie.yaml'), 'utf8')
  assert.is(committed, provisioningYaml(LANGUAGES))
  const { providers } = parse(committed) as { providers: { options: Record<string, unknown> }[] }
  assert.is(providers.length, 2)
  for (const { options } of providers)
    assert.equal(Object.keys(options), ['path', 'foldersFromFilesStructure'])
})

build.run()
