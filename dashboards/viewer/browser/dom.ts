type Child = Node | string | undefined | false
type Attributes = Readonly<Record<string, string | number | boolean | undefined | ((event: Event) => void)>>

/** An element: attributes as they are, `on…` as listeners; text children are text, never HTML. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), value)
    else if (value === true) element.setAttribute(name, '')
    else if (value !== undefined && value !== false) element.setAttribute(name, String(value))
  }
  append(element, children)
  return element
}

export function append(element: Element, children: readonly Child[]): void {
  for (const child of children) if (child !== undefined && child !== false) element.append(child)
}

/** Closes pop-ups when the reader clicks or tabs elsewhere, or presses Escape. */
export function closeOnLeave(details: HTMLDetailsElement): HTMLDetailsElement {
  const onPointer = (event: Event): void => {
    if (!details.contains(event.target as Node)) details.open = false
  }
  details.addEventListener('toggle', () => {
    if (details.open) document.addEventListener('pointerdown', onPointer)
    else document.removeEventListener('pointerdown', onPointer)
  })
  details.addEventListener('focusout', (event) => {
    const to = event.relatedTarget as Node | null
    if (to !== null && !details.contains(to)) details.open = false
  })
  details.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || !details.open) return
    details.open = false
    details.querySelector('summary')?.focus()
    event.stopPropagation()
  })
  return details
}
