import { readFileSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { asPhone, BOARDS, canWalk, installed, picture, settled, WAIT_MS, Walker } from './browser_fixture.js'
import { DEMO } from './demo_rows.js'
import { faultsOfColours, panelsDrawn, seriousFaults, stripOf, widths } from './page_probes.js'

/** A browser walks every page, as a person would. */
const pages = suite('viewer: pages in a browser')
const able = canWalk()
const walk = able ? pages : pages.skip
let walker: Walker

pages.before(async () => {
  if (able) walker = await Walker.start({ remember: true })
})
pages.after(async () => {
  await walker?.stop()
})

const axePath = installed('axe-core/axe.min.js')
if (axePath === undefined) process.stdout.write('skipped: axe-core is not installed\n')
const axe = axePath === undefined ? undefined : readFileSync(axePath, 'utf8')

async function drawsAll(page: Page): Promise<void> {
  for (const { title, state, marks } of await page.evaluate(panelsDrawn)) {
    assert.is(state, 'ready', title)
    assert.ok(marks > 0, `${title} shows nothing`)
  }
}

async function looksRight(page: Page, name: string): Promise<void> {
  await picture(page, name)
  await drawsAll(page)
}

// A board is opened in one tab and looked at in every way: most of the time goes into tabs and rows. What axe looks at is
// the same in both themes but for their colours.
for (const { uid } of BOARDS.filter((board) => board.uid.startsWith('vigie-fr-'))) {
  walk(
    `${uid}: draws every panel, in both languages, dark, light and on a phone, and bars nobody out`,
    async () => {
      const english = uid.replace('-fr-', '-en-')
      const { page, complaints, close } = await walker.visit(`/d/${english}`)
      await looksRight(page, english)
      await page.goto(page.url().replace(english, uid))
      await settled(page)
      await looksRight(page, `${uid}-dark`)
      if (axe !== undefined) {
        await page.evaluate(axe)
        assert.equal(await page.evaluate(seriousFaults), [], `${uid}, dark`)
      }
      await page.getByRole('button', { name: 'Mode clair' }).click()
      await looksRight(page, `${uid}-light`)
      if (axe !== undefined) assert.equal(await page.evaluate(faultsOfColours), [], `${uid}, light`)
      await asPhone(page)
      const { wide, seen } = await page.evaluate(widths)
      await picture(page, `${uid}-phone`)
      assert.ok(wide <= seen + 1, `${uid} scrolls sideways: ${wide} > ${seen}`)
      assert.equal(complaints, [])
      await close()
    },
  )
}

walk('a page that is opened on a phone, and one that hangs on a wall', async () => {
  const phone = await walker.visit('/d/vigie-fr-soc-overview', {
    viewport: { width: 390, height: 844 },
    hasTouch: true,
    isMobile: true,
  })
  const { wide, seen } = await phone.page.evaluate(widths)
  assert.ok(wide <= seen + 1, `${wide} > ${seen}`)
  await phone.close()
  const asked: string[] = []
  const wall = await walker.visit('/d/vigie-fr-regions?kiosk', { viewport: { width: 2560, height: 1440 } })
  wall.page.on('request', (request) => asked.push(request.url()))
  await wall.page.reload()
  await settled(wall.page)
  await picture(wall.page, 'vigie-fr-regions-wall')
  assert.is(await wall.page.getByRole('button', { name: 'Actualiser' }).count(), 0)
  assert.equal(
    asked.filter((url) => url.includes('/annotations')),
    [],
  )
  await wall.close()
})

walk('the map gathers what lies too near, shows more when one zooms in, and leads to a site', async () => {
  const { page, complaints, close } = await walker.visit('/d/vigie-fr-regions')
  const marks = page.locator('[data-panel="7"] .place')
  const before = await marks.count()
  assert.ok(before > 2, `${before} marks`)
  const labels = await marks.evaluateAll((all) => all.map((mark) => mark.textContent ?? ''))
  assert.ok(
    labels.some((label) => label.includes('Hors service')),
    labels.join(),
  )
  await page.getByRole('button', { name: 'Agrandir la carte' }).click()
  await page.getByRole('button', { name: 'Agrandir la carte' }).click()
  assert.is.not(await marks.count(), before)
  await page.getByRole('button', { name: 'Voir toute la carte' }).click()
  assert.is(await marks.count(), before)
  await marks.last().focus()
  await page.keyboard.press('Enter')
  await page.waitForURL(/var-(site|region)=/)
  assert.equal(complaints, [])
  await close()
})

walk('every picture has its table, in words', async () => {
  for (const [uid, panel] of [
    ['vigie-fr-traffic', 12],
    ['vigie-fr-links', 9],
    ['vigie-fr-links', 10],
    ['vigie-fr-regions', 7],
  ] as const) {
    const { page, close } = await walker.visit(`/d/${uid}`)
    const one = page.locator(`[data-panel="${panel}"]`)
    await one.getByRole('button', { name: 'Tableau' }).focus()
    await page.keyboard.press('Enter')
    assert.ok((await one.locator('tbody tr').count()) > 3, `${uid} ${panel}`)
    for (const header of await one.locator('th').allTextContents())
      assert.match(header, /^[A-ZÉ0-9<≥].*[^_]$/)
    await close()
  }
})

walk('marks of incidents and maintenance come with the charts and can be turned off', async () => {
  const { page, complaints, close } = await walker.visit('/d/vigie-fr-site')
  const canvas = page.locator('[data-panel="3"] canvas')
  const strip = (): Promise<string> => canvas.evaluate(stripOf)
  const marked = await strip()
  await page.getByLabel('Repères').click()
  assert.is.not(await strip(), marked)
  await page.reload()
  await settled(page)
  assert.is(await page.getByLabel('Repères').isChecked(), false)
  assert.equal(complaints, [])
  await close()
})

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
  const severities = await page.locator('[data-panel="4"] tbody tr td:nth-child(3)').allTextContents()
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
