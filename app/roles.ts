import type { RunRole } from './role.js'

/** The roles, from the front of the chain to its back: the order in which they drain. */
export const ROLE_NAMES = ['collector', 'edge', 'processor', 'detector', 'itsm', 'web', 'store'] as const
export type RoleName = (typeof ROLE_NAMES)[number]

/** How a role process loads its role. The configuration is what `pipeline.ts` hands over. */
export const ROLES: Readonly<Record<string, () => Promise<RunRole<never>>>> = {
  store: async () => (await import('./store_role.js')).runStore,
  detector: async () => (await import('./detector_role.js')).runDetector,
  itsm: async () => (await import('./itsm_role.js')).runItsm,
  processor: async () => (await import('./processor_role.js')).runProcessor,
  collector: async () => (await import('./collector_role.js')).runCollector,
  edge: async () => (await import('./edge_role.js')).runEdge,
  web: async () => (await import('./web_role.js')).runWeb,
  simulator: async () => (await import('./simulate_role.js')).runSimulator,
}
