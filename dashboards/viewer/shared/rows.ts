import type { Frame, FrameColumn, Panel } from './protocol.js'

/** Columns that the panel gives no name of their own get one by their kind: a query's names are not for readers. */
export function named(
  panel: Panel,
  frame: Frame,
  words: Readonly<Record<FrameColumn['kind'], string>>,
): Frame {
  const known = new Set(
    panel.fieldConfig.overrides
      .filter(({ properties }) => properties.length > 0)
      .map(({ matcher }) => matcher.options),
  )
  const columns = frame.columns.map((column) =>
    known.has(column.name) ? column : { ...column, name: words[column.kind] },
  )
  return { ...frame, columns }
}

/** The edges of a graph as a table: from, to, how much; `frames` are its nodes and its edges. */
export function waysAsRows(frames: readonly Frame[], names: readonly [string, string, string]): Frame {
  const [nodes, edges] = frames
  const at = (frame: Frame | undefined, name: string): number =>
    frame?.columns.findIndex((column) => column.name === name) ?? -1
  const titles = new Map(
    (nodes?.rows ?? []).map((row) => [row[at(nodes, 'id')], row[at(nodes, 'title')] ?? null]),
  )
  const [source, target, value] = ['source', 'target', 'mainstat'].map((name) => at(edges, name))
  return {
    columns: [
      { name: names[0], kind: 'string' },
      { name: names[1], kind: 'string' },
      { name: names[2], kind: 'number' },
    ],
    rows: (edges?.rows ?? []).map((row) => [
      titles.get(row[source!]!) ?? row[source!]!,
      titles.get(row[target!]!) ?? row[target!]!,
      row[value!] ?? null,
    ]),
    truncated: edges?.truncated ?? false,
  }
}
