import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { BOARDS, canWalk, installed, picture, Walker } from './browser_fixture.js'
import { seriousFaults, widths } from './page_probes.js'

/** The pages on a phone, and for those who do not see or point. */
const access = suite('viewer: access')
const able = canWalk()
const walk = able ? access : access.skip
let walker: Walker

access.before(async () => {
  if (able) walker = await Walker.start()
})
access.after(async () => {
  await walker?.stop()
})

walk('a phone shows one column that does not scroll sideways', async () => {
  for (const { uid } of BOARDS.filter((board) => board.uid.startsWith('vigie-fr-'))) {
    const { page, close } = await walker.visit(`/d/${uid}`, {
      viewport: { width: 390, height: 844 },
      hasTouch: true,
      isMobile: true,
    })
    await picture(page, `${uid}-phone`)
    const { wide, seen } = await page.evaluate(widths)
    assert.ok(wide <= seen + 1, `${uid}: ${wide} > ${seen}`)
    await close()
  }
})

const axePath = installed('axe-core/axe.min.js')
if (axePath === undefined) process.stdout.write('skipped: axe-core is not installed\n')
const accessible = axePath === undefined ? access.skip : walk
for (const colorScheme of ['dark', 'light'] as const) {
  accessible(`axe finds no serious fault, ${colorScheme}`, async () => {
    for (const { uid } of BOARDS.filter((board) => board.uid.startsWith('vigie-fr-'))) {
      const { page, close } = await walker.visit(`/d/${uid}`, { colorScheme })
      await picture(page, `${uid}-${colorScheme}`)
      await page.evaluate(readFileSync(axePath!, 'utf8'))
      const faults = await page.evaluate(seriousFaults)
      assert.equal(faults, [], uid)
      await close()
    }
  })
}

access.run()
