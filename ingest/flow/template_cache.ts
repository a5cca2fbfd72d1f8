import { type CompiledTemplate, compileTemplate } from './compile_template.js'
import { Template } from './template.js'

/** Compiled templates kept by one decoder, about 13 KiB each; when they are full, the quarter made first goes. */
const TEMPLATES_MAX = 2048
/** Templates with more fields than this take part of the room of several. */
const FIELDS_MAX = 400_000

/** Compiled templates by content, over all exporters. */
export class TemplateCache {
  readonly #compiled = new Map<string, CompiledTemplate>()
  #fields = 0
  /** How often a template was compiled. */
  compiles = 0

  get(key: string): CompiledTemplate {
    const known = this.#compiled.get(key)
    if (known !== undefined) return known
    this.compiles++
    const compiled = compileTemplate(new Template(key), this.compiles)
    this.#fields += compiled.template.fieldCount
    this.#compiled.set(key, compiled)
    if (this.#compiled.size > TEMPLATES_MAX || this.#fields > FIELDS_MAX) this.#shrink()
    return compiled
  }

  /** Why no record can be read by the template; undefined when it is sound. Compiles nothing. */
  faultOf(key: string): string | undefined {
    const known = this.#compiled.get(key)
    return known === undefined ? new Template(key).fault : known.fault
  }

  #shrink(): void {
    let left = Math.ceil(this.#compiled.size / 4)
    for (const [key, { template }] of this.#compiled) {
      if (left-- === 0) break
      this.#compiled.delete(key)
      this.#fields -= template.fieldCount
    }
  }
}
