import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { BOARDS, canWalk, picture, settled, WAIT_MS, Walker } from './browser_fixture.js'
import { DEMO } from './demo_rows.js'
import { panelsDrawn } from './page_probes.js'

/** A browser walks every page, as a person would. */
const pages = suite('viewer: pages in a browser')
const able = canWalk()
const walk = able ? pages : pages.skip
let walker: Walker

pages.before(async () => {
  if (able) walker = await Walker.start()
})
pages.after(async () => {
  await walker?.stop()
})

for (const { uid } of BOARDS) {
  walk(`${uid}: every panel draws its rows, and nothing complains`, async () => {
    const { page, complaints, close } = await walker.visit(`/d/${uid}`)
    await picture(page, uid)
    for (const { title, state, marks } of await page.evaluate(panelsDrawn)) {
      assert.is(state, 'ready', title)
      assert.ok(marks > 0, `${title} shows nothing`)
    }
    assert.equal(complaints, [])
    await close()
  })
}

walk('from the overview to a finding, to its flows, and back', async () => {
  const { page, complaints, close } = await walker.visit('/')
  await page
    .getByRole('link', { name: /Inondation SYN/ })
    .first()
    .click()
  await page.waitForURL(/vigie-fr-finding\?/)
  await settled(page)
  const url = new URL(page.url())
  assert.is(url.searchParams.get('var-uid'), DEMO.attack)
  const flows = page.locator('[data-panel="9"] tbody tr')
  assert.ok((await flows.count()) > 50)
  assert.match((await flows.first().textContent()) ?? '', DEMO.target)
  await page.goBack()
  await page.waitForURL(/soc-overview/, { waitUntil: 'commit' })
  await settled(page)
  assert.equal(complaints, [])
  await close()
})

walk('a number leads to the list it counts', async () => {
  const { page, close } = await walker.visit('/')
  await page.locator('[data-panel="1"] .stat', { hasText: 'Critique' }).getByRole('link').click()
  await page.waitForURL(/vigie-fr-findings/)
  await settled(page)
  assert.equal(new URL(page.url()).searchParams.getAll('var-severity'), ['5'])
  const severities = await page.locator('[data-panel="4"] tbody tr td:nth-child(2)').allTextContents()
  assert.equal([...new Set(severities)], ['Critique'])
  await close()
})

walk('variables, range, sorting and the table behind a chart work from the keyboard', async () => {
  const { page, complaints, close } = await walker.visit('/d/vigie-fr-traffic')
  const picker = page.locator('summary', { hasText: 'Organisme' })
  await picker.focus()
  await page.keyboard.press('Enter')
  await page.getByRole('group', { name: 'Organisme' }).getByText('Organisme d’essai n° 3').waitFor()
  await page.keyboard.type('n° 3')
  await page.keyboard.press('Tab')
  await page.keyboard.press('Tab')
  await page.keyboard.press('Space')
  await page.waitForURL(/var-org=org-3/)
  await page.keyboard.press('Escape')
  assert.is(await page.locator('details[open]').count(), 0)
  await settled(page)
  await page.locator('.range summary').focus()
  await page.keyboard.press('Enter')
  await page
    .getByRole('button', { name: 'Dernières 6\u00a0heures' })
    .or(page.getByRole('button', { name: /Dernières 6/ }))
    .focus()
  await page.keyboard.press('Enter')
  await page.waitForURL(/from=now-6h/)
  await settled(page)
  const toTable = page.locator('[data-panel="1"]').getByRole('button', { name: 'Tableau' })
  await toTable.focus()
  await page.keyboard.press('Enter')
  assert.ok((await page.locator('[data-panel="1"] tbody tr').count()) > 10)
  const header = page.locator('[data-panel="3"] th', { hasText: 'Groupe' })
  await header.getByRole('button').focus()
  await page.keyboard.press('Enter')
  assert.is(await page.locator('[data-panel="3"] th[aria-sort="ascending"]').textContent(), 'Groupe ↑')
  assert.equal(complaints, [])
  await close()
})

walk('dragging over a chart narrows the range', async () => {
  const { page, close } = await walker.visit('/d/vigie-fr-site')
  const box = (await page.locator('[data-panel="3"] .canvas').boundingBox())!
  await page.mouse.move(box.x + box.width * 0.4, box.y + 40)
  await page.mouse.down()
  await page.mouse.move(box.x + box.width * 0.6, box.y + 60, { steps: 4 })
  await page.mouse.up()
  await page.waitForURL(/from=\d+&to=\d+/)
  const { searchParams } = new URL(page.url())
  const hours = (Number(searchParams.get('to')) - Number(searchParams.get('from'))) / 3_600_000
  assert.ok(hours > 3 && hours < 7, `${hours} h`)
  await close()
})

walk('the other language keeps page, range and variables; the theme is remembered', async () => {
  const { page, close } = await walker.visit('/d/vigie-fr-findings?from=now-6h&to=now&var-severity=5')
  await page.getByRole('link', { name: 'English' }).click()
  await page.waitForURL(/vigie-en-findings\?from=now-6h&to=now&var-severity=5/)
  await settled(page)
  assert.is(await page.locator('html').getAttribute('lang'), 'en')
  assert.is(await page.locator('h1').textContent(), 'Findings and triage')
  await page.getByRole('button', { name: 'Light mode' }).click()
  assert.is(await page.locator('html').getAttribute('data-theme'), 'light')
  await page.reload()
  assert.is(await page.locator('html').getAttribute('data-theme'), 'light')
  await close()
})

walk('a failure is said beside the last picture, and mends by itself', async () => {
  const { page, close } = await walker.visit('/d/vigie-fr-ddos?refresh=5s')
  await page.locator('[data-panel="1"][data-state="ready"]').waitFor({ timeout: WAIT_MS })
  await page.route('**/api/v1/**', (route) => route.abort())
  await page.getByRole('button', { name: 'Actualiser' }).click()
  await page
    .locator('[data-panel="1"][data-state="stale"] .note', { hasText: 'ne répond pas' })
    .waitFor({ timeout: WAIT_MS })
  assert.ok((await page.locator('[data-panel="1"] .stat').count()) > 0)
  await page.unroute('**/api/v1/**')
  await page.locator('[data-panel="1"][data-state="ready"]').waitFor({ timeout: WAIT_MS })
  await close()
})

pages.run()
