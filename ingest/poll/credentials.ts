import { readFile } from 'node:fs/promises'
import { parse } from 'yaml'
import { isObject, textOf } from './answer.js'
import { PollFault } from './fault.js'

export interface CredentialSources {
  /** YAML or JSON: `username: …` lines. */
  readonly file?: string | undefined
  /** Field → name of the variable that holds it. */
  readonly env: Readonly<Record<string, string>>
}

const FILE_BYTES_MAX = 64 * 1024

/**
 * Reads credentials anew, so that a changed secret is taken up at the next login.
 *
 * @throws PollFault `login`: what is missing, never what is there
 */
export async function readCredentials(
  sources: CredentialSources,
  env: Readonly<Record<string, string | undefined>>,
  alternatives: readonly (readonly string[])[],
): Promise<Readonly<Record<string, string>>> {
  const found: Record<string, string> = sources.file === undefined ? {} : await fieldsOf(sources.file)
  for (const [field, variable] of Object.entries(sources.env)) {
    const value = env[variable]
    if (value === undefined || value === '')
      throw new PollFault('login', `the variable ${variable} is not set: it should hold the ${field}`)
    found[field] = value
  }
  if (alternatives.some((fields) => fields.every((field) => found[field] !== undefined))) return found
  const wanted = alternatives.map((fields) => fields.join(' and ')).join(', or ')
  throw new PollFault('login', `credentials lack ${wanted}: write them to credentials_file`)
}

async function fieldsOf(file: string): Promise<Record<string, string>> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new PollFault('login', `${file} cannot be read (${code ?? 'error'}): see credentials_file`)
  }
  // The reader's own message would quote the line, and with it the secret.
  let value: unknown
  try {
    value = text.length > FILE_BYTES_MAX ? undefined : parse(text, { logLevel: 'error' })
  } catch {
    value = undefined
  }
  if (!isObject(value)) throw new PollFault('login', `${file} holds no 'field: value' lines`)
  const fields: Record<string, string> = {}
  for (const [field, inner] of Object.entries(value)) {
    const one = textOf(inner)
    if (one !== undefined) fields[field] = one
  }
  return fields
}
