import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parse } from 'yaml'
import { vigieSchema } from '../../app/config/vigie_schema.js'
import { EDGE_VENDORS } from '../../ingest/edge/vendors/index.js'
import { POLL_VENDORS } from '../../ingest/poll/vendors/index.js'

const tests = suite('pages of the vendors')
const folder = new URL('../../../docs/edges/', import.meta.url)
const pages = readdirSync(folder).map((name) => ({ name, text: readFileSync(new URL(name, folder), 'utf8') }))

tests('every adapter has its page, and the table leads to it', () => {
  const table = readFileSync(new URL('README.md', folder), 'utf8')
  for (const { id } of EDGE_VENDORS) {
    assert.ok(existsSync(new URL(`${id}.md`, folder)), id)
    assert.match(table, `(${id}.md)`)
  }
})

tests('every kind of controller is configured on a page', () => {
  const all = pages.map(({ text }) => text).join('\n')
  for (const { id } of POLL_VENDORS) assert.match(all, `vendor: ${id}`)
})

tests('what the pages tell to write into vigie.yaml is right', () => {
  let read = 0
  for (const { name, text } of pages) {
    if (name === 'generic.md') continue
    for (const [, yaml] of text.matchAll(/```yaml\n([\s\S]*?)```/g)) {
      const result = vigieSchema.safeParse(parse(yaml!))
      const faults = result.success
        ? []
        : result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
      assert.equal(faults, [], name)
      read++
    }
  }
  assert.ok(read > 20)
})

tests.run()
