import { readFileSync } from 'node:fs'
import type { PrivacyConfig } from './config.js'
import { KEY_BYTES } from './crypto_pan.js'

/** A key as workers are given it. */
export interface PrivacyKey {
  readonly id: number
  /** ms since 1970: flows received from then on take it. */
  readonly sinceMs: number
  readonly bytes: Uint8Array
}

/** Keys that cannot be used, all of them at once; what they hold is in no message. */
export class PrivacyKeyError extends Error {
  override readonly name = 'PrivacyKeyError'
}

/** The configured keys, the oldest first. @throws PrivacyKeyError */
export function loadKeys(
  { keys }: PrivacyConfig,
  env: Readonly<Record<string, string | undefined>>,
): readonly PrivacyKey[] {
  const faults: string[] = []
  const ids = new Set<number>()
  const loaded = keys.flatMap(({ id, since, file, env: variable }) => {
    if (ids.has(id)) faults.push(`privacy.keys: id ${id} is there twice; a key has its id for ever`)
    ids.add(id)
    const where = file ?? `the variable ${variable}`
    const text = file === undefined ? env[variable!] : readText(file, faults)
    const bytes = Buffer.from((text ?? '').trim(), 'hex')
    if (bytes.length === KEY_BYTES) return [{ id, sinceMs: Date.parse(since), bytes: new Uint8Array(bytes) }]
    faults.push(`privacy key ${id}: ${where} must hold 64 hexadecimal digits (openssl rand -hex 32)`)
    return []
  })
  if (faults.length > 0) throw new PrivacyKeyError(faults.join('\n'))
  return loaded.sort((a, b) => a.sinceMs - b.sinceMs || a.id - b.id)
}

function readText(file: string, faults: string[]): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    faults.push(`${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`)
    return ''
  }
}

/** Index of the key of a moment; -1 where none has begun. */
export function keyAt(keys: readonly PrivacyKey[], ms: number): number {
  let index = keys.length - 1
  while (index >= 0 && keys[index]!.sinceMs > ms) index--
  return index
}
