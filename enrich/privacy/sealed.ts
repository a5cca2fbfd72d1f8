import type { DeadLetters, FindingSink, PartialSink, StateStore } from '../../model/ports.js'
import type { Sealer } from './seal.js'
import type { Shield } from './shield.js'

/** Partial aggregates hold true addresses, for detection: they lie in their stream sealed. */
export const sealedPartials = (sink: PartialSink, sealer: Sealer): PartialSink => ({
  publish: (frameSequence, partials) =>
    sink.publish(
      frameSequence,
      partials.map((bytes) => sealer.seal(bytes)),
    ),
})

/** And are opened by the detector. */
export async function* openedPartials<P extends { readonly bytes: Uint8Array }>(
  partials: AsyncIterableIterator<P>,
  sealer: Sealer,
): AsyncIterableIterator<P> {
  for await (const partial of partials) yield { ...partial, bytes: sealer.open(partial.bytes) }
}

/** A durable map whose values are sealed. */
export const sealedState = (state: StateStore, sealer: Sealer): StateStore => ({
  get: async (key) => {
    const value = await state.get(key)
    return value && sealer.open(value)
  },
  put: (key, value) => state.put(key, sealer.seal(value)),
  delete: (key) => state.delete(key),
  keys: (prefix) => state.keys(prefix),
})

/**
 * What was rejected is kept with its bytes, which are sealed; `vigie dead` opens them. A message may quote the payload:
 * where a shield is given, it takes addresses out of that too.
 */
export const sealedDeadLetters = (dead: DeadLetters, sealer: Sealer, shield?: Shield): DeadLetters => ({
  keep: (reject, id) => {
    const atMs = Math.floor((reject.receivedUs ?? 0) / 1000)
    return dead.keep(
      {
        ...reject,
        ...(shield && { message: shield.text(reject.message, atMs) }),
        ...(reject.bytes && { bytes: sealer.seal(reject.bytes) }),
      },
      id,
    )
  },
})

/** Findings go out as they may be stored. */
export const shieldedFindings = (sink: FindingSink, shield: Shield): FindingSink => ({
  publish: (findings) => sink.publish(findings.map((finding) => shield.finding(finding))),
})
