/**
 * Detection by shards: an organisation belongs to one of `shards` detectors, which sees all flows that have an end in it.
 * A flow between organisations of two shards is seen by both, and what is found of it is told by the one whose
 * organisation it is about.
 */
export interface Shard {
  /** From 0 to `shards` - 1. */
  readonly shard: number
  readonly shards: number
}

/** All there is. */
export const WHOLE: Shard = { shard: 0, shards: 1 }

/** The shard of an organisation, by its number in the registry (0, unknown: shard 0). */
export const shardOf = (orgId: number, shards: number): number => orgId % shards
