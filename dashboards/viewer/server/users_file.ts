import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { z } from 'zod'
import { readHash } from './passwords.js'
import type { Organizations } from './row_rules.js'

/** Someone who may log in to the viewer. */
export interface ViewerUser {
  readonly name: string
  readonly password: NonNullable<ReturnType<typeof readHash>>
  readonly organizations: Organizations
  /** An analyst also acts on the findings that it sees: marks, takes charge, silences. */
  readonly role: 'reader' | 'analyst'
}

const hash = z.string().transform((text, context) => {
  const read = readHash(text)
  if (read !== undefined) return read
  context.addIssue('no hash of a password: make one with vigie config hash-password')
  return z.NEVER
})

const fileSchema = z.strictObject({
  users: z
    .array(
      z.strictObject({
        name: z.string().min(1).max(100),
        password: hash,
        organizations: z.union([z.literal('all'), z.array(z.string().min(1)).min(1)]),
        role: z.enum(['reader', 'analyst']).default('reader'),
      }),
    )
    .min(1)
    .max(10_000)
    .refine((users) => new Set(users.map(({ name }) => name)).size === users.length, 'a name is there twice'),
})

/** The users' file is wrong; the message has every mistake, one a line. */
export class UsersFileError extends Error {
  override readonly name = 'UsersFileError'
}

/**
 * Reads the users' file:
 *
 * ```yaml
 * users:
 *   - { name: soc, password: "scrypt:…", organizations: all, role: analyst }
 *   - { name: chu, password: "scrypt:…", organizations: [chu-a] }
 * ```
 *
 * @throws UsersFileError with all mistakes at once; no hash is ever in it
 */
export function readUsers(path: string): ViewerUser[] {
  let content: unknown
  try {
    content = parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new UsersFileError(`${path}: ${(error as Error).message.split('\n')[0]}`)
  }
  const read = fileSchema.safeParse(content)
  if (read.success) return read.data.users
  throw new UsersFileError(
    read.error.issues.map(({ path: at, message }) => `${path}: ${at.join('.')}: ${message}`).join('\n'),
  )
}
