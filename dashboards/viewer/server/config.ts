import { z } from 'zod'

export const viewerSchema = z.strictObject({
  lang: z.enum(['fr', 'en']).default('fr').describe('language of the viewer when the address says none'),
  queries_at_once: z.int().min(1).max(64).default(4).describe('queries of the viewer that run at once'),
  queries_waiting_max: z.int().min(0).default(256).describe('queries of the viewer that may wait'),
  rows_max: z.int().min(1).default(20_000).describe('rows of one query that the viewer shows'),
  users_file: z
    .string()
    .optional()
    .describe('YAML file of those who may log in, and of whose rows they see; without it everybody sees all'),
  act_without_log_in: z
    .boolean()
    .default(false)
    .describe(
      'where nobody logs in: let those at this machine mark, acknowledge and silence findings in the viewer',
    ),
  session_hours: z
    .number()
    .positive()
    .max(720)
    .default(12)
    .describe('how long a log-in to the viewer lasts, hours'),
  secure_cookie: z
    .boolean()
    .default(false)
    .describe('send the cookie of the viewer over HTTPS only: true behind a proxy that speaks it'),
  query_seconds_max: z.int().min(1).default(15).describe('longest query of the viewer, seconds'),
})
export type ViewerConfig = z.infer<typeof viewerSchema>
