import { z } from 'zod'

/** How the registry in force is followed. */
export const registryWatchSchema = z.object({
  /** How often the version in force is looked at. */
  poll_interval_ms: z.int().min(10).max(600_000).default(2000).meta({
    description: 'How often a process looks whether a new version of the registry was applied',
  }),
})
export type RegistryWatchConfig = z.output<typeof registryWatchSchema>
