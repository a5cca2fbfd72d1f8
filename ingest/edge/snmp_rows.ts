import { isObject, type JsonObject, listOf } from './json.js'
import type { Piece } from './payload.js'

/** Columns a flat table may have in all. */
const CELLS_MAX = 100_000

/**
 * Rows of an SNMP table as pollers write them: a list of objects, or one object whose keys end in the row's
 * index (`fgVWLHealthCheckLinkLatency.1.3`, which is kept as `index`). Names may have a column number before
 * them (`.5 fgVWL…`). The prefix is cut.
 */
export function snmpRows(value: unknown, prefix: string): JsonObject[] {
  const rows = new Map<string, Record<string, unknown>>()
  const column = new RegExp(`^(?:\\.?[\\d.]+\\s+)?(?:[\\w-]+::)?${prefix}(\\w+?)((?:\\.\\d+)*)$`)
  let cells = 0
  const take = (object: JsonObject, owner: string): void => {
    for (const [name, cell] of Object.entries(object)) {
      const match = column.exec(name)
      if (match === null || ++cells > CELLS_MAX) continue
      const index = `${owner}${match[2]}`
      const row = rows.get(index) ?? (match[2] === '' ? {} : { index: match[2]!.slice(1) })
      row[match[1]!] = cell
      rows.set(index, row)
    }
  }
  if (Array.isArray(value)) {
    for (const [i, item] of listOf(value).entries()) if (isObject(item)) take(item, `${i}`)
  } else if (isObject(value)) take(value, '')
  return [...rows.values()]
}

const WALK = /^\s*(?:[\w-]+::)?(\w+(?:\.\d+)+)\s*=\s*(?:([\w-]+(?: ?\d+)?):\s*)?(.*?)\s*$/

/** Lines of `snmpwalk`: `MIB::name.index = TYPE: value`, as one object; `alive(0)` is its number. */
export function snmpWalk(lines: readonly Piece<string>[]): JsonObject {
  const cells: Record<string, unknown> = {}
  let n = 0
  for (const { value: line } of lines) {
    const match = WALK.exec(line)
    if (match === null || ++n > CELLS_MAX) continue
    const [, name, , value] = match
    cells[name!] = /\((\d+)\)$/.exec(value!)?.[1] ?? value!.replace(/^"(.*)"$/, '$1')
  }
  return cells
}
