import { z } from 'zod'

/** A key of pseudonyms: 32 bytes as 64 hexadecimal digits, in a file or an environment variable. */
const privacyKey = z
  .strictObject({
    id: z.number().int().min(1).max(65_535).describe('stands in the rows that it made; never used twice'),
    since: z.iso
      .datetime({ offset: true })
      .default('1970-01-01T00:00:00Z')
      .describe('flows received from then on take it, until the next key begins'),
    file: z.string().optional().describe('file that holds the key'),
    env: z.string().optional().describe('environment variable that holds it, where there is no file'),
  })
  .refine(({ file, env }) => (file === undefined) !== (env === undefined), {
    message: 'a key is in a file or in an environment variable: name one of them',
  })

/**
 * Keys by which addresses of organisations and sites are pseudonymised that the registry says so of. With keys, what must
 * hold true addresses on disk for a while (partials, detection state, dead letters) is sealed with them too.
 */
export const privacySchema = z.strictObject({
  keys: z
    .array(privacyKey)
    .default([])
    .describe('keys of pseudonyms; old ones stay listed, to read and to forget by'),
  cache_entries: z
    .number()
    .int()
    .min(1024)
    .default(65_536)
    .describe('pseudonyms that a worker remembers of a key and family'),
})
export type PrivacyConfig = z.infer<typeof privacySchema>
