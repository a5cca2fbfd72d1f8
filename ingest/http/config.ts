import { z } from 'zod'

const count = (min = 1) => z.number().int().min(min)
const MIB = 1024 * 1024

/** How the vendors that sign do it; `hmac` is for all others: a header with an HMAC of the body. */
export const SIGNATURE_KINDS = ['mist', 'meraki', 'hmac'] as const

const secretShape = {
  secret_file: z.string().optional().describe('file with the shared secret; blanks around it do not count'),
  secret_env: z.string().optional().describe('or the environment variable that holds it'),
}

const signatureSchema = z
  .strictObject({
    kind: z
      .enum(SIGNATURE_KINDS)
      .describe(
        'mist: X-Mist-Signature-v2 or X-Mist-Signature; meraki: sharedSecret in the body; hmac: a header',
      ),
    ...secretShape,
    header: z.string().default('x-webhook-signature').describe('hmac: header with the signature'),
    algorithm: z.enum(['sha256', 'sha1', 'sha512']).default('sha256').describe('hmac: hash'),
    encoding: z.enum(['hex', 'base64']).default('hex').describe('hmac: form of the signature'),
    prefix: z.string().default('').describe('hmac: what stands before it in the header, as in sha256='),
  })
  .refine((s) => (s.secret_file === undefined) !== (s.secret_env === undefined), {
    path: ['secret_file'],
    message: 'give either secret_file or secret_env',
  })
export type SignatureConfig = z.infer<typeof signatureSchema>

/** One who may push: a controller, a webhook, a collector of another network. */
export const pushSourceSchema = z
  .strictObject({
    id: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'use letters, digits, ".", "_" and "-", 64 at most')
      .describe('name of the source in rows and metrics'),
    vendors: z
      .array(z.string())
      .default([])
      .describe("vendors it may push for ('vigie vendors'); none said: all"),
    token_file: z
      .string()
      .optional()
      .describe('file with its token, sent as Authorization: Bearer, or as the password of Basic'),
    token_env: z.string().optional().describe('or the environment variable that holds it'),
    signature: signatureSchema.optional().describe('where the vendor signs what it pushes'),
    requests_per_s: count().default(200).describe('more are answered 429'),
    bytes_per_s: count(1024)
      .default(8 * MIB)
      .describe('the same in bytes, as they come'),
  })
  .superRefine((source, context) => {
    const tokens = [source.token_file, source.token_env].filter((given) => given !== undefined).length
    if (tokens > 1 || (tokens === 0 && source.signature === undefined))
      context.addIssue({
        code: 'custom',
        path: ['token_file'],
        message: 'give token_file or token_env, or a signature',
      })
  })
export type PushSourceConfig = z.infer<typeof pushSourceSchema>

/** `POST /api/v1/telemetry/{vendor}` of the web role. */
export const edgePushSchema = z.strictObject({
  sources: z.array(pushSourceSchema).default([]).describe('who may push; nobody without any'),
  body_max_bytes: count(1024)
    .default(4 * MIB)
    .describe('largest body, also when it is unpacked; not more than bus.edge_payload_max_bytes'),
  refusals_per_minute: count()
    .default(60)
    .describe('wrong tokens and signatures of one address before it is answered 429'),
  retry_after_s: count().default(5).describe('when those who are asked to wait come again'),
})
export type EdgePushConfig = z.infer<typeof edgePushSchema>
