/**
 * Flags for the process of a collector. Every datagram is a small object that holds memory outside of the heap. With
 * the usual young generation that memory piles up until V8 marks the whole heap, several times a second; with a small
 * one it is freed while it is young. Scavenges of so little are done before helper threads have even woken, and on a
 * busy machine the collector would wait for those. `bench/collector.ts` measures both.
 */
export const COLLECTOR_NODE_FLAGS: readonly string[] = ['--max-semi-space-size=2', '--no-parallel-scavenge']
