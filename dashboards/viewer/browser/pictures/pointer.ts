import { h } from '../dom.js'

/** Shows what lies under the pointer; `at` gives it for a place in the element, 0 to 1 from the left and from the top. */
export class Pointer {
  readonly #element: HTMLElement
  readonly #at: (x: number, y: number) => HTMLElement | undefined
  readonly #tip = h('div', { class: 'tip floating', hidden: true })
  readonly #move = (event: PointerEvent): void => this.#show(event)
  readonly #leave = (): void => {
    this.#tip.hidden = true
  }

  constructor(element: HTMLElement, at: (x: number, y: number) => HTMLElement | undefined) {
    this.#element = element
    this.#at = at
    element.append(this.#tip)
    element.addEventListener('pointermove', this.#move)
    element.addEventListener('pointerleave', this.#leave)
  }

  #show(event: PointerEvent): void {
    const box = this.#element.getBoundingClientRect()
    const [x, y] = [event.clientX - box.left, event.clientY - box.top]
    const inside = x >= 0 && y >= 0 && x < box.width && y < box.height
    const content = inside ? this.#at(x / box.width, y / box.height) : undefined
    this.#tip.hidden = content === undefined
    if (content === undefined) return
    this.#tip.replaceChildren(content)
    const { offsetWidth: wide, offsetHeight: tall } = this.#tip
    this.#tip.style.left = `${Math.max(0, Math.min(box.width - wide, x + (x + wide + 16 > box.width ? -wide - 12 : 14)))}px`
    this.#tip.style.top = `${Math.max(0, Math.min(box.height - tall, y + 12))}px`
  }

  remove(): void {
    this.#element.removeEventListener('pointermove', this.#move)
    this.#element.removeEventListener('pointerleave', this.#leave)
    this.#tip.remove()
  }
}
