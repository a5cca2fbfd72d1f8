import { availableParallelism, totalmem } from 'node:os'
import type { StoreConfig } from '../config.js'

/** What runs beside queries and inserts on libuv's pool: files, compression, the ending of queries. */
const SPARE = 3
/** Threads of libuv's pool when the environment says nothing. */
const POOL_PRESET = 4

/** Threads that libuv's pool should have (`UV_THREADPOOL_SIZE`, read when the process starts) for all turns. */
export const poolThreads = ({ queries_max, inserts_max }: StoreConfig): number =>
  queries_max + inserts_max + SPARE

/**
 * Flags for the process of the store. Bodies come in pieces of 64 KiB that lie outside of the heap and count for it: with a
 * heap of 10 MB V8 began to mark all of it every 25 MB, six times a second under load, for a fifth of the process's time.
 * Allowed to grow to eleven times what is in use, it marks once a minute; a heap so small needs no helpers.
 */
export const STORE_NODE_FLAGS: readonly string[] = ['--heap-growing-percent=1000', '--single-threaded-gc']

/**
 * How many queries and inserts may run at once on a pool of so many threads: each holds a thread until it is done, and a
 * query that waited for one behind the turns would hold up inserts.
 */
export function shareThreads(
  config: StoreConfig,
  poolSize: string | undefined,
): { queries: number; inserts: number; short: boolean } {
  const pool = Number(poolSize) || POOL_PRESET
  const short = pool < poolThreads(config)
  if (!short) return { queries: config.queries_max, inserts: config.inserts_max, short }
  const inserts = Math.max(1, Math.min(config.inserts_max, Math.floor((pool - 2) / 3)))
  return { queries: Math.max(1, Math.min(config.queries_max, pool - 2 - inserts)), inserts, short }
}

const MIB = 1024 * 1024

/** Settings of the engine, as clickhouse-local takes them on its command line. */
export function engineSettings(config: StoreConfig): Record<string, string | number> {
  const memory = config.memory_bytes_max || Math.floor(totalmem() / 2)
  const cache = Math.min(512 * MIB, Math.floor(memory / 16))
  return {
    display_name: 'vigie',
    max_server_memory_usage: memory,
    mark_cache_size: cache,
    primary_index_cache_size: cache,
    index_mark_cache_size: cache,
    background_pool_size: config.merge_threads,
    background_merges_mutations_concurrency_ratio: 1,
    // Merges take what inserts and queries leave.
    os_threads_nice_value_merge_mutate: 10,
    max_threads: availableParallelism(),
    // An insert is answered when its rows can be read, and no timer gathers it with others.
    async_insert: 0,
    ...(config.fsync && { 'merge_tree.fsync_after_insert': 1, 'merge_tree.fsync_part_directory': 1 }),
  }
}
