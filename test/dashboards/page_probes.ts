/**
 * What a test asks of a page. Written as text because it runs in the browser, whose types this program does not have, and
 * made a function here because the page's policy forbids text that becomes code.
 */
const inPage = <T>(expression: string): (() => T) => new Function(`return ${expression.trim()}`) as () => T

/** Title, state and number of marks of each panel: coloured points of a canvas, else rows, bars or numbers. */
export const panelsDrawn = inPage<{ title: string; state: string; marks: number }[]>(`
(() => {
  const coloured = (canvas) => {
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
    let n = 0
    for (let i = 0; i < data.length; i += 4) {
      const r = data[i], g = data[i + 1], b = data[i + 2]
      if (data[i + 3] > 60 && Math.max(r, g, b) - Math.min(r, g, b) > 40) n++
    }
    return n
  }
  return [...document.querySelectorAll('.panel')].map((panel) => {
    const canvas = panel.querySelector('canvas')
    return {
      title: panel.querySelector('h2').textContent,
      state: panel.dataset.state,
      marks: canvas
        ? coloured(canvas)
        : panel.querySelectorAll('tbody tr, .ranking li, .stat, .band i, .place, .ribbon').length,
    }
  })
})()`)

/** How wide the page is, and how much of it is seen, once it has been laid out anew. */
export const widths = inPage<Promise<{ wide: number; seen: number }>>(`
new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() =>
  done({ wide: document.documentElement.scrollWidth, seen: document.documentElement.clientWidth }))))`)

const seriousOf = (options: string): (() => Promise<string[]>) =>
  inPage<Promise<string[]>>(`
axe.run(${options}).then(({ violations }) =>
  violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => id + ' ×' + nodes.length + ': ' + nodes[0].html.slice(0, 160) + ' ' + nodes[0].failureSummary))`)

/** Runs axe, which the page holds by then, and gives its serious and critical faults in words. */
export const seriousFaults = seriousOf("{ resultTypes: ['violations'] }")

/** As `seriousFaults`, of the rules that the page's colours decide. */
export const faultsOfColours = seriousOf(
  "{ resultTypes: ['violations'], runOnly: ['color-contrast', 'link-in-text-block'] }",
)

/** The strip of marks above a chart as the colours of its points, for a canvas. */
export const stripOf = new Function(
  'canvas',
  `const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, 8)
return data.join()`,
) as (canvas: unknown) => string
