import type { Cell, Frame, PageData, Variable } from '../shared/protocol.js'
import { Address } from './address.js'

/** What every part of the page needs: its data, its address, its words and its colours. */
export class Page {
  readonly data: PageData
  readonly address: Address
  /** What a row of a table begins with, where it is about something that can be acted on. */
  rowButton: (frame: Frame, row: readonly Cell[]) => HTMLElement | undefined = () => undefined

  constructor(data: PageData) {
    this.data = data
    this.address = new Address(data.board)
  }

  /** A sentence of the catalogue, `{name}` filled in. */
  text(key: string, values: Readonly<Record<string, string | number>> = {}): string {
    const text = this.data.texts[key] ?? key
    return text.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ''))
  }

  get theme(): 'light' | 'dark' {
    return document.documentElement.dataset.theme === 'light' ? 'light' : 'dark'
  }

  /** A colour of the dashboard in the theme that is on. */
  colour(dark: string): string {
    return this.theme === 'light' ? (this.data.colours[dark]?.light ?? dark) : dark
  }

  /** The same for letters, which need more contrast than shapes. */
  ink(dark: string): string {
    const forms = this.data.colours[dark]
    return (this.theme === 'light' ? forms?.lightInk : forms?.darkInk) ?? this.colour(dark)
  }

  variable(name: string): Variable | undefined {
    return this.data.board.variables.find((one) => one.name === name)
  }
}
