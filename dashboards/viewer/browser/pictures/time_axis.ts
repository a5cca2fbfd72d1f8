import { shifted, tick } from '../chart.js'
import { h } from '../dom.js'

/** Distances between labels that read well, seconds. */
const STEPS_S = [
  60, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800, 1_209_600, 2_592_000,
]
const LABEL_PX = 64
const EDGE_PX = 18

/** Labels below a picture that covers a range, at whole hours or days of the zone of the page. */
export function timeAxis(
  { from, to }: { readonly from: number; readonly to: number },
  widthPx: number,
): HTMLElement[] {
  const room = Math.max(2, Math.floor(widthPx / LABEL_PX))
  const step = 1000 * (STEPS_S.find((s) => (to - from) / (s * 1000) <= room) ?? STEPS_S.at(-1)!)
  const write = tick(to - from)
  const labels: HTMLElement[] = []
  for (let t = Math.ceil(shifted(from) / step) * step; t < shifted(to); t += step) {
    const place = ((t - shifted(from)) / (to - from)) * widthPx
    // A label that the edge would cut is left out.
    if (place < EDGE_PX || place > widthPx - EDGE_PX) continue
    const label = h('span', {}, write(t))
    label.style.left = `${place}px`
    labels.push(label)
  }
  return labels
}
