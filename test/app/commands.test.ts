import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { COMMANDS, commandHelp, overview } from '../../app/commands.js'
import { languageOf } from '../../app/io.js'

const test = suite('commands')

for (const lang of ['fr', 'en'] as const) {
  test(`each command stands in the overview and has its page (${lang})`, () => {
    for (const name of Object.keys(COMMANDS)) {
      assert.match(overview(lang), new RegExp(`^  ${name} `, 'm'))
      assert.match(commandHelp(name, lang), new RegExp(`^vigie ${name}`))
    }
  })

  test(`help fits a terminal (${lang})`, () => {
    for (const page of [overview(lang), ...Object.keys(COMMANDS).map((name) => commandHelp(name, lang))])
      for (const line of page.split('\n')) assert.ok(line.length <= 130, line)
  })
}

test('each command loads', async () => {
  for (const { load } of Object.values(COMMANDS)) assert.type(await load(), 'function')
})

test('speaks the language of the environment, French where it says neither', () => {
  assert.is(languageOf({ LANG: 'en_CA.UTF-8' }), 'en')
  assert.is(languageOf({ LANG: 'fr_CA.UTF-8' }), 'fr')
  assert.is(languageOf({ LANG: 'C.UTF-8' }), 'fr')
  assert.is(languageOf({ LANG: 'fr_CA', VIGIE_LANG: 'en' }), 'en')
})

test.run()
