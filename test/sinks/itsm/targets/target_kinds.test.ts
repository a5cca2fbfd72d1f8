import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parse } from 'yaml'
import { itsmSchema } from '../../../../sinks/itsm/config.js'
import { TARGET_KINDS } from '../../../../sinks/itsm/targets/index.js'
import { TargetFixture } from './target_fixture.js'

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..', '..', '..')
const pages = join(root, 'docs', 'itsm')
const snippets = readdirSync(pages).flatMap((page) =>
  [...readFileSync(join(pages, page), 'utf8').matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, yaml]) => ({
    page,
    value: parse(yaml!) as { type?: string; itsm?: unknown },
  })),
)

const tests = suite('kinds of targets')

tests('every kind has a page, and every snippet of the pages is right', () => {
  for (const { page, value } of snippets) {
    const config = value.itsm ?? { targets: { name: value } }
    const read = itsmSchema.safeParse(config)
    assert.ok(read.success, `${page}: ${JSON.stringify(read.error?.issues)}`)
  }
  const shown = new Set(snippets.map(({ value }) => value.type))
  const table = readFileSync(join(pages, 'README.md'), 'utf8')
  for (const { id } of TARGET_KINDS) {
    assert.ok(shown.has(id), `no snippet shows ${id}`)
    const [, page = ''] = new RegExp(`\\[\`${id}\`\\]\\((\\w+\\.md)\\)`).exec(table) ?? []
    assert.ok(page !== '' && existsSync(join(pages, page)), `README.md leads to no page of ${id}`)
  }
})

tests('every kind says what its target does, and can be made without connecting', () => {
  const fixture = new TargetFixture()
  for (const kind of TARGET_KINDS) {
    assert.match(kind.id, /^[a-z][a-z_]*$/)
    assert.ok(kind.title.fr !== '' && kind.title.en !== '')
    for (const must of ['open', 'update', 'resolve'] as const)
      assert.ok(kind.capabilities.kinds.includes(must))
    const { value } = snippets.find((snippet) => snippet.value.type === kind.id)!
    const { type: _, ...own } = value
    const target = kind.create(kind.config.parse(own), fixture.deps)
    const { wayBack } = kind.capabilities
    assert.is(
      typeof target.poll,
      wayBack === 'poll' || wayBack === 'both' ? 'function' : 'undefined',
      kind.id,
    )
    assert.is(typeof target.receive, wayBack === 'receive' || wayBack === 'both' ? 'function' : 'undefined')
  }
})

tests('no kind takes a secret itself, an unknown key, or an address without encryption', () => {
  for (const { value } of snippets) {
    const kind = TARGET_KINDS.find(({ id }) => id === value.type)
    if (kind === undefined) continue
    const { type: _, ...own } = value as Record<string, unknown>
    assert.not.ok(kind.config.safeParse({ ...own, no_such_key: 1 }).success, kind.id)
    const written = JSON.stringify(own).replace(/"(?:env|file):[^"]+"/g, '"the secret itself"')
    if (written !== JSON.stringify(own))
      assert.not.ok(kind.config.safeParse(JSON.parse(written)).success, kind.id)
    if (typeof own.url !== 'string') continue
    const plain = { ...own, url: own.url.replace('https:', 'http:') }
    assert.not.ok(kind.config.safeParse(plain).success, kind.id)
    assert.ok(kind.config.safeParse({ ...plain, plain_http: true }).success, kind.id)
  }
})

tests.run()
