import type { Board } from '../shared/protocol.js'

/** What the address bar holds: range, refresh, variables. Everything a colleague needs to see the same page. */
export class Address {
  readonly #board: Board
  readonly #listeners: (() => void)[] = []
  #query: URLSearchParams

  constructor(board: Board) {
    this.#board = board
    this.#query = new URLSearchParams(location.search)
    addEventListener('popstate', () => {
      this.#query = new URLSearchParams(location.search)
      this.#tell()
    })
  }

  get from(): string {
    return this.#query.get('from') ?? this.#board.time.from
  }

  get to(): string {
    return this.#query.get('to') ?? this.#board.time.to
  }

  /** `30s`, or '' for none. */
  get refresh(): string {
    return this.#query.get('refresh') ?? this.#board.refresh
  }

  /** On a wall: no menus. */
  get kiosk(): boolean {
    return this.#query.has('kiosk')
  }

  /** Chosen values; none stands for all. */
  values(name: string): readonly string[] {
    const given = this.#query.getAll(`var-${name}`)
    if (given.length > 0) return given.includes('$__all') ? [] : given
    return this.#board.variables.find((variable) => variable.name === name)?.initial ?? []
  }

  /** `from=…&to=…` */
  rangeQuery(): string {
    return new URLSearchParams({ from: this.from, to: this.to }).toString()
  }

  variableQuery(name: string): string {
    return this.values(name)
      .map((value) => `var-${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
      .join('&')
  }

  /** Range and all variables, for the server. */
  fullQuery(): string {
    const variables = this.#board.variables.map(({ name }) => this.variableQuery(name))
    return [this.rangeQuery(), ...variables].filter((part) => part !== '').join('&')
  }

  /** The address of another page that keeps range, variables and refresh. */
  elsewhere(uid: string): string {
    const query = this.#query.toString()
    return `/d/${uid}${query === '' ? '' : `?${query}`}`
  }

  setRange(from: string, to: string): void {
    this.#query.set('from', from)
    this.#query.set('to', to)
    this.#push()
  }

  setRefresh(refresh: string): void {
    this.#query.set('refresh', refresh)
    this.#push()
  }

  /** No values: all, for a variable that may be all. */
  setVariable(name: string, values: readonly string[]): void {
    this.#query.delete(`var-${name}`)
    const initial = this.#board.variables.find((variable) => variable.name === name)?.initial ?? []
    if (values.length === 0 && initial.length > 0) this.#query.append(`var-${name}`, '$__all')
    for (const value of values) this.#query.append(`var-${name}`, value)
    this.#push()
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener)
  }

  #push(): void {
    const query = this.#query.toString()
    history.pushState(null, '', query === '' ? location.pathname : `?${query}`)
    this.#tell()
  }

  #tell(): void {
    for (const listener of this.#listeners) listener()
  }
}
