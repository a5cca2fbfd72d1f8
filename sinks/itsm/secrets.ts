import { readFileSync } from 'node:fs'
import { UnauthorisedError } from './target.js'
import { Concealer } from './targets/http/concealer.js'

/** Reads what a configuration names (`env:NAME`, `file:PATH`), and remembers it to strike it out of texts. */
export class Secrets {
  readonly #env: Readonly<Record<string, string | undefined>>
  readonly #concealer = new Concealer()

  constructor(env: Readonly<Record<string, string | undefined>>) {
    this.#env = env
  }

  /** @throws UnauthorisedError when it is not there, naming where it was looked for */
  read(reference: string): string {
    const at = reference.slice(reference.indexOf(':') + 1)
    const value = reference.startsWith('env:') ? this.#env[at] : fromFile(at)
    if (value === undefined || value === '')
      throw new UnauthorisedError(`no secret at ${reference}: set the variable, or write the file`)
    return this.#concealer.add(value)
  }

  conceal(text: string): string {
    return this.#concealer.strike(text)
  }
}

function fromFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '')
  } catch {
    return undefined
  }
}
