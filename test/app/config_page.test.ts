import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { allSettings, configurationPage } from '../../app/config_page.js'

const test = suite('the page of settings')

test('is what the schema says now', () => {
  const page = readFileSync(new URL('../../../docs/configuration.md', import.meta.url), 'utf8')
  assert.is(
    page,
    configurationPage(),
    'write it again: npx vigie config schema --markdown > docs/configuration.md',
  )
})

test('no two settings share a variable', () => {
  const variables = allSettings().map(({ variable }) => variable)
  assert.is(new Set(variables).size, variables.length)
})

test.run()
