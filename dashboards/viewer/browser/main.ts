import type { PageData } from '../shared/protocol.js'
import { h } from './dom.js'
import { Hint } from './hint.js'
import { Marks } from './marks.js'
import { Page } from './page.js'
import { PanelView } from './panel_view.js'
import { Refresher } from './refresher.js'
import { shell } from './shell.js'
import { Triage } from './triage.js'

/** The page: draws its frame at once, then asks for the rows of every panel. */
const data = JSON.parse(document.getElementById('page-data')!.textContent!) as PageData
const page = new Page(data)
const marks = new Marks(page, () => {
  for (const panel of panels) panel.redrawMarks()
})
const panels = data.board.panels.map((panel) => new PanelView(page, panel, () => marks.list))
const grid = h('div', { class: 'grid' }, ...panels.map(({ element }) => element))
const hint = new Hint(page)
const refresher = new Refresher(page, async () => {
  const [came] = await Promise.all([Promise.all(panels.map((panel) => panel.load())), marks.load()])
  hint.update(panels)
  triage.announce()
  return came.includes(true)
})
const triage = new Triage(page, () => refresher.run())
page.rowButton = (frame, row) => triage.buttonFor(frame, row)
const own = [triage.ownButton()].filter((button) => button !== undefined)
const redraw = (): void => {
  for (const panel of panels) panel.draw()
}
document
  .getElementById('app')!
  .replaceChildren(
    shell(page, refresher, marks.element, [hint.element, ...own, grid, triage.element], redraw),
  )
// Charts need the library, whose script stands behind this one.
document.addEventListener('DOMContentLoaded', () => void refresher.run(), { once: true })
