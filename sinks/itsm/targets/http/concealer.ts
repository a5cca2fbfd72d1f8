/** Secrets that one client has used, with the forms in which they may come back: bounded, the oldest go first. */
const SECRETS_MAX = 64
/** Shorter ones would strike out words of every text. */
const LENGTH_MIN = 4

/** Strikes secrets out of texts: a target that echoes a request in its error must not put them into our log. */
export class Concealer {
  readonly #values = new Set<string>()

  /** Gives the value back. */
  add(value: string): string {
    if (value.length < LENGTH_MIN) return value
    const forms = [value, encodeURIComponent(value), JSON.stringify(value).slice(1, -1)]
    for (const form of [...forms, Buffer.from(value).toString('base64')]) {
      this.#values.delete(form)
      this.#values.add(form)
    }
    for (const oldest of this.#values) {
      if (this.#values.size <= SECRETS_MAX) break
      this.#values.delete(oldest)
    }
    return value
  }

  strike(text: string): string {
    let said = text
    for (const value of this.#values) said = said.replaceAll(value, '[secret]')
    return said
  }
}
