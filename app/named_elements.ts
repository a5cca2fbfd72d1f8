import { readFileSync } from 'node:fs'
import { type NamedElements, parseNamedElements } from '../ingest/flow/elements.js'
import { UsageError } from './io.js'

/**
 * The user's names of elements, from a file; undefined without one. `origin` says who named the file.
 * @throws UsageError with every mistake in it
 */
export function readNamedElements(file: string | undefined, origin: string): NamedElements | undefined {
  if (file === undefined) return undefined
  try {
    return parseNamedElements(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new UsageError(`${origin} ${file}: ${(error as Error).message}`)
  }
}
