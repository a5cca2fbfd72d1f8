import { parsePrefix } from '../../../enrich/tables/prefix.js'
import { swap } from '../../../enrich/tables/prefix_table.js'
import { FlowBlock } from '../../../model/flow_block.js'
import { COL, FLOW_COLUMNS } from '../../../model/flow_columns.js'
import {
  assignIds,
  type RegistryInput,
  type RegistrySnapshot,
  registrySchema,
} from '../../../model/registry.js'

/** A flow as a test writes it: columns by name, addresses as text. */
export type TestFlow = Readonly<Record<string, string | number | bigint>>

/** A block of flows. A column that any flow has is touched. */
export function blockOf(flows: readonly TestFlow[]): FlowBlock {
  const block = new FlowBlock(Math.max(flows.length, 1))
  flows.forEach((flow, row) => {
    for (const [name, value] of Object.entries(flow)) put(block, name, row, value)
  })
  block.rows = flows.length
  return block
}

function put(block: FlowBlock, name: string, row: number, value: string | number | bigint): void {
  const column = COL[name]!
  const words = block.words[column]!
  block.touch(column)
  const { kind } = FLOW_COLUMNS[column]!
  if (kind === 'ipv6') words.set(addressWords(String(value)), 4 * row)
  else if (kind === 'u64' || kind === 'time_ms') {
    words[2 * row] = Number(BigInt(value) & 0xffffffffn)
    words[2 * row + 1] = Number(BigInt(value) >> 32n)
  } else words[row] = Number(value)
}

/** The words of an address in an `ipv6` column. */
export function addressWords(text: string): number[] {
  const p = parsePrefix(text)
  if (typeof p === 'string') throw new Error(`${text} is no address`)
  const words = p.family === 4 ? [0, 0, 0xffff, p.w3] : [p.w0, p.w1, p.w2, p.w3]
  return words.map(swap)
}

/** The values of a column. */
export const columnOf = (block: FlowBlock, name: string): number[] => [
  ...block.words[COL[name]!]!.subarray(0, block.rows),
]

/** A registry as if it had been applied. */
export function snapshotOf(input: RegistryInput, version = 3): RegistrySnapshot {
  const registry = registrySchema.parse(input)
  return { version, registry, ids: assignIds(registry) }
}
