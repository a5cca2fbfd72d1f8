/** Where nodes and ribbons of a Sankey diagram lie, in a box of a width and height; pure reckoning, no elements. */
export interface Way {
  readonly source: string
  readonly target: string
  readonly value: number
}

export interface PlacedNode {
  readonly id: string
  readonly layer: number
  readonly value: number
  readonly x: number
  y: number
  readonly height: number
}

export interface Ribbon {
  readonly way: Way
  readonly from: PlacedNode
  readonly to: PlacedNode
  /** Top of either end, and how thick it is. */
  readonly y0: number
  readonly y1: number
  readonly thick: number
}

export interface Layout {
  readonly nodes: readonly PlacedNode[]
  readonly ribbons: readonly Ribbon[]
  readonly layers: number
}

export interface Box {
  readonly width: number
  readonly height: number
  readonly nodeWidth: number
  readonly gap: number
}

/** Passes that pull nodes towards what they are joined to: enough for three or four columns. */
const PASSES = 6

/** Columns from left to right: a node stands one to the right of the furthest that leads to it. Ways in a ring are cut. */
function layersOf(ways: readonly Way[]): Map<string, number> {
  const layer = new Map<string, number>()
  for (const { source, target } of ways) {
    layer.set(source, 0)
    layer.set(target, 0)
  }
  for (let pass = 0; pass < layer.size; pass++) {
    let moved = false
    for (const { source, target } of ways) {
      const least = layer.get(source)! + 1
      if (layer.get(target)! >= least || least >= layer.size) continue
      layer.set(target, least)
      moved = true
    }
    if (!moved) break
  }
  return layer
}

const sum = (ways: readonly Way[], of: (way: Way) => boolean): number =>
  ways.reduce((n, way) => (of(way) ? n + way.value : n), 0)

export function layOut(all: readonly Way[], box: Box): Layout {
  const ways = all.filter(({ value, source, target }) => value > 0 && source !== target)
  const layer = layersOf(ways)
  const layers = Math.max(0, ...layer.values()) + 1
  const values = new Map(
    [...layer.keys()].map((id) => [
      id,
      Math.max(
        sum(ways, ({ source }) => source === id),
        sum(ways, ({ target }) => target === id),
      ),
    ]),
  )
  const columns = Array.from({ length: layers }, (_, i) =>
    [...layer.keys()].filter((id) => layer.get(id) === i).sort((a, b) => values.get(b)! - values.get(a)!),
  )
  const scale = Math.min(
    ...columns.map((ids) => {
      const total = ids.reduce((n, id) => n + values.get(id)!, 0)
      return total > 0
        ? Math.max(1, box.height - box.gap * (ids.length - 1)) / total
        : Number.POSITIVE_INFINITY
    }),
  )
  const nodes = new Map<string, PlacedNode>()
  for (const [i, ids] of columns.entries()) {
    const x = layers === 1 ? 0 : (i * (box.width - box.nodeWidth)) / (layers - 1)
    let y = 0
    for (const id of ids) {
      const height = Math.max(1, values.get(id)! * scale)
      nodes.set(id, { id, layer: i, value: values.get(id)!, x, y, height })
      y += height + box.gap
    }
  }
  settle(columns, nodes, ways, box)
  return { nodes: [...nodes.values()], ribbons: ribbonsOf(nodes, ways, scale), layers }
}

/** Pulls each node to the middle of its neighbours, then moves what overlaps apart and back into the box. */
function settle(
  columns: readonly (readonly string[])[],
  nodes: ReadonlyMap<string, PlacedNode>,
  ways: readonly Way[],
  { height, gap }: Box,
): void {
  const middle = ({ y, height: tall }: PlacedNode): number => y + tall / 2
  for (let pass = 0; pass < PASSES; pass++) {
    for (const ids of pass % 2 === 0 ? columns : [...columns].reverse()) {
      const column = ids.map((id) => nodes.get(id)!)
      for (const node of column) {
        const joined = ways.filter(({ source, target }) => source === node.id || target === node.id)
        const weight = joined.reduce((n, { value }) => n + value, 0)
        const pull = joined.reduce(
          (n, { source, target, value }) =>
            n + value * middle(nodes.get(source === node.id ? target : source)!),
          0,
        )
        if (weight > 0) node.y = pull / weight - node.height / 2
      }
      column.sort((a, b) => middle(a) - middle(b))
      let least = 0
      for (const node of column) {
        node.y = Math.max(node.y, least)
        least = node.y + node.height + gap
      }
      let most = height
      for (const node of column.reverse()) {
        node.y = Math.max(0, Math.min(node.y, most - node.height))
        most = node.y - gap
      }
    }
  }
}

function ribbonsOf(nodes: ReadonlyMap<string, PlacedNode>, ways: readonly Way[], scale: number): Ribbon[] {
  const filled = { out: new Map<string, number>(), in: new Map<string, number>() }
  const take = (side: 'out' | 'in', node: PlacedNode, thick: number): number => {
    const at = filled[side].get(node.id) ?? 0
    filled[side].set(node.id, at + thick)
    return node.y + at
  }
  // Ends lie in the order of what they lead to, so that ribbons of one node do not cross at once.
  const bySource = [...ways].sort((a, b) => nodes.get(a.target)!.y - nodes.get(b.target)!.y)
  const tops = new Map(bySource.map((way) => [way, take('out', nodes.get(way.source)!, way.value * scale)]))
  return [...ways]
    .sort((a, b) => nodes.get(a.source)!.y - nodes.get(b.source)!.y)
    .map((way) => {
      const [from, to] = [nodes.get(way.source)!, nodes.get(way.target)!]
      const thick = way.value * scale
      return { way, from, to, y0: tops.get(way)!, y1: take('in', to, thick), thick: Math.max(0.75, thick) }
    })
}
