import type { Binding, DomainState } from './learner_state.js'
import type { Template } from './template.js'

/** A frame's context beyond which a datagram that adds to it goes into the next frame. */
const CONTEXT_BYTES_MAX = 256 << 10
/** What a domain takes in a context beside its templates and samplers. */
const DOMAIN_BYTES = 50
const SAMPLER_BYTES = 8
const BINDING_BYTES = 6

/** What the datagram in hand, and the frame that is being filled, refer to outside their datagrams. */
export class FrameUses {
  /** The frame that is being filled, from 1. */
  frame = 1
  #domains: DomainState[] = []
  readonly #keys = new Set<string>()
  #bytes = 0
  /** Of the datagram in hand. */
  readonly #bindings: Binding[] = []
  readonly #templates: Template[] = []
  #conflicts = false

  /** Begins a datagram. */
  begin(): void {
    this.#bindings.length = 0
    this.#templates.length = 0
    this.#conflicts = false
  }

  /** The datagram's data refers to `binding`, which means `template` at that point of it. */
  add(binding: Binding, template: Template): void {
    if (binding.usedFrame === this.frame && binding.used !== template) this.#conflicts = true
    this.#bindings.push(binding)
    this.#templates.push(template)
  }

  /** The datagram's data refers to what was withdrawn, but still stands in the frame's context. */
  addWithdrawn(binding: Binding): void {
    if (binding.usedFrame === this.frame) this.#conflicts = true
  }

  /** True when the frame means something else already by what the datagram refers to. */
  get conflicts(): boolean {
    return this.#conflicts
  }

  /** True when the frame's context has no room for what the datagram refers to. */
  isFull(domain: DomainState): boolean {
    return this.#bytes > 0 && this.#bytes + this.#cost(domain) > CONTEXT_BYTES_MAX
  }

  /** Estimated bytes that the datagram adds to the context. */
  #cost(domain: DomainState): number {
    let bytes = domain.usedFrame === this.frame ? 0 : DOMAIN_BYTES + SAMPLER_BYTES * domain.sampling.size
    for (let i = 0; i < this.#bindings.length; i++) {
      if (this.#bindings[i]!.usedFrame === this.frame) continue
      const { key } = this.#templates[i]!
      bytes += BINDING_BYTES + (this.#keys.has(key) ? 0 : key.length)
    }
    return bytes
  }

  /** The datagram goes into the frame. */
  note(domain: DomainState): void {
    const { frame } = this
    this.#bytes += this.#cost(domain)
    if (domain.usedFrame !== frame) {
      domain.usedFrame = frame
      domain.exporter.usedFrame = frame
      domain.uses = []
      this.#domains.push(domain)
    }
    for (let i = 0; i < this.#bindings.length; i++) {
      const binding = this.#bindings[i]!
      if (binding.usedFrame === frame) continue
      const template = this.#templates[i]!
      binding.used = template
      binding.usedFrame = frame
      domain.uses.push(binding)
      this.#keys.add(template.key)
    }
  }

  /** The domains that the frame refers to; the next frame begins. */
  take(): DomainState[] {
    const domains = this.#domains
    this.#domains = []
    this.#keys.clear()
    this.#bytes = 0
    this.frame++
    return domains
  }
}
