import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { FindingDesk } from '../../dashboards/viewer/server/finding_desk.js'
import { canWalk, installed, picture, settled, Walker } from './browser_fixture.js'
import { DEMO } from './demo_rows.js'
import { seriousFaults, widths } from './page_probes.js'

/** A person decides on findings in a browser: with the keyboard, on a phone, in both languages. */
const triage = suite('viewer: triage in a browser')
const able = canWalk()
const walk = able ? triage : triage.skip
let walker: Walker
const done: { what: string; said: Record<string, unknown> }[] = []
const take = (what: string) => async (said: object) => {
  done.push({ what, said: said as Record<string, unknown> })
}
const desk: FindingDesk = { mark: take('mark'), acknowledge: take('acknowledge'), silence: take('silence') }

triage.before(async () => {
  if (able) walker = await Walker.start({ config: { act_without_log_in: true }, desk })
})
triage.after(async () => {
  await walker?.stop()
})
triage.before.each(() => {
  done.length = 0
})

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }

walk('from the list, by the keyboard alone: open, read, mark, and back to the row', async () => {
  const { page, complaints, close } = await walker.visit('/d/vigie-fr-findings')
  const button = page.locator(`[data-panel="4"] .triage-button[data-uid="${DEMO.attack}"]`)
  assert.is(
    await button.getAttribute('aria-label'),
    'Trier\u00a0: Inondation SYN vers un hôte du site site-4',
  )
  await button.focus()
  await page.keyboard.press('Enter')
  const dialog = page.getByRole('dialog', { name: 'Inondation SYN vers un hôte du site site-4' })
  await dialog.getByText('Éléments de preuve').waitFor()
  await picture(page, 'triage-dark')
  assert.match((await dialog.textContent()) ?? '', /Critique.*Ouvert.*10\.4\.0\.20/s)
  for (const heading of [
    'Décision',
    'Résumé',
    'Éléments de preuve',
    'Chronologie',
    'Sites touchés',
    'Constats liés',
  ])
    assert.is(await dialog.getByRole('heading', { name: heading }).count(), 1, heading)
  await dialog.getByLabel('Commentaire').focus()
  await page.keyboard.type('serveur de sauvegarde')
  await page.keyboard.press('Tab')
  assert.is(await page.evaluate('document.activeElement.textContent'), 'Faux positif')
  await page.keyboard.press('Enter')
  await dialog.getByRole('status').getByText('C’est noté\u00a0: Faux positif.').waitFor()
  assert.is(done.length, 1)
  const { what, said } = done[0]!
  assert.equal(
    [what, said.finding, said.verdict, said.comment, said.org],
    ['mark', DEMO.attack, 'false_positive', 'serveur de sauvegarde', 'org-5'],
  )
  await page.keyboard.press('Escape')
  await page.locator(`.triage-button[data-uid="${DEMO.attack}"]:focus`).waitFor()
  await settled(page)
  await page.locator(`.triage-button[data-uid="${DEMO.attack}"]:focus`).waitFor()
  assert.equal(complaints, [])
  await close()
})

walk('a finding of the same story opens in place; a silence is for a time', async () => {
  const { page, complaints, close } = await walker.visit('/d/vigie-en-findings')
  await page.locator('.triage-button[data-uid="scan-6"]').click()
  const dialog = page.getByRole('dialog')
  const related = dialog.locator('.related button').first()
  const title = (await related.textContent())!
  await related.click()
  await dialog.getByRole('heading', { name: title }).waitFor()
  await dialog.getByLabel('Silence for').selectOption('24')
  await dialog.getByRole('button', { name: 'Silence' }).click()
  await dialog.getByRole('status').getByText('Noted: Silenced.').waitFor()
  assert.equal([done[0]!.what, done[0]!.said.service], ['silence', 'scan'])
  assert.is(Number(done[0]!.said.until) - Number(done[0]!.said.time), 86_400_000)
  assert.equal(complaints, [])
  await close()
})

walk('the page of a finding has its button', async () => {
  const { page, close } = await walker.visit(`/d/vigie-fr-finding?var-uid=${DEMO.attack}`)
  await page.locator('.own-triage button').click()
  await page
    .getByRole('dialog')
    .getByRole('heading', { name: /Inondation SYN/ })
    .waitFor()
  await close()
})

walk('new findings are said to those who do not see the list', async () => {
  const { page, close } = await walker.visit('/d/vigie-fr-findings')
  assert.is(await page.locator('.news').textContent(), '')
  await page.route('**/panels/4?**', async (route) => {
    const answer = await route.fetch()
    const body = await answer.json()
    const at = body.frames[0].columns.findIndex((c: { name: string }) => c.name === 'uid')
    const row = [...body.frames[0].rows[0]]
    row[at] = 'brand-new'
    body.frames[0].rows.push(row)
    await route.fulfill({ response: answer, json: body })
  })
  await page.getByRole('button', { name: 'Actualiser' }).click()
  await page.locator('.news', { hasText: 'Un nouveau constat' }).waitFor()
  assert.is(await page.locator('.news').getAttribute('role'), 'status')
  await close()
})

walk('on a phone it fills the screen and does not scroll sideways', async () => {
  const { page, close } = await walker.visit('/d/vigie-fr-findings', PHONE)
  await page.locator('[data-panel="4"] .triage-button').first().click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('Éléments de preuve').waitFor()
  await picture(page, 'triage-phone')
  const box = (await dialog.boundingBox())!
  assert.ok(box.width <= 390 && box.width >= 380, `${box.width}`)
  const { wide, seen } = await page.evaluate(widths)
  assert.ok(wide <= seen + 1, `${wide} > ${seen}`)
  assert.is(
    await page.evaluate(
      "(() => { const d = document.querySelector('dialog'); return d.scrollWidth <= d.clientWidth + 1 })()",
    ),
    true,
  )
  for (const button of await dialog.locator('.decision button').all()) {
    const { height } = (await button.boundingBox())!
    assert.ok(height >= 24, 'a finger finds it (WCAG 2.5.8)')
  }
  await close()
})

const axePath = installed('axe-core/axe.min.js')
const accessible = axePath === undefined ? triage.skip : walk
for (const colorScheme of ['dark', 'light'] as const) {
  accessible(`axe finds no serious fault in the dialog, ${colorScheme}`, async () => {
    const { page, close } = await walker.visit('/d/vigie-fr-findings', { colorScheme })
    await picture(page, `triage-list-${colorScheme}`)
    await page.locator(`.triage-button[data-uid="${DEMO.attack}"]`).first().click()
    await page.getByRole('dialog').getByText('Éléments de preuve').waitFor()
    await picture(page, `triage-open-${colorScheme}`)
    await page.evaluate(readFileSync(axePath!, 'utf8'))
    assert.equal(await page.evaluate(seriousFaults), [])
    await close()
  })
}

triage.run()
