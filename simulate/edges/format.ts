import type { EdgeModelId } from '../edge_models.js'
import type { ControllerData } from './controller.js'
import type { Change, Edge, EdgeLink, EdgeWorld, Reading } from './world.js'

/** How a link of an edge fared in the interval that ends at `ms`, by the edge's own clock. */
export interface Measured {
  readonly edge: Edge
  readonly link: EdgeLink
  readonly reading: Reading
  /** End of the interval as the edge's clock says it. */
  readonly ms: number
  readonly intervalS: number
  /** Numbers the interval, for what a vendor does now and then. */
  readonly tick: number
}

/** How a vendor's edges speak: one file of this shape. Written from the vendors' formats, not from our adapters. */
export interface EdgeFormat {
  /** Id of the adapter that reads it. */
  readonly vendor: string
  readonly model: EdgeModelId
  /** `poll`: its controller is asked; else edges or their collectors send by themselves. */
  readonly way: 'poll' | 'http' | 'syslog_udp' | 'syslog_tcp'
  /** What payloads call the edge, and its links: as the registry has to know them. */
  identities(edge: Edge): readonly string[]
  linkName(edge: Edge, link: EdgeLink): string
  /** What else payloads call a link. */
  otherLinkName?(edge: Edge, link: EdgeLink): string
  /** The device, where its payloads do not say it and whoever pushes them must. */
  pushedFor?(edge: Edge): string
  /** One edge's payloads of an interval, where edges send. */
  payloads?(links: readonly Measured[]): readonly string[]
  /** How many canonical records a payload tells: for syslog, whose messages are gathered on the way. */
  records?(payload: string): number
  /** What is sent when a link or tunnel turns. */
  change?(change: Change): readonly string[]
  /** Rows of a controller's report, where it is asked. */
  rows?(report: string, world: EdgeWorld, fromMs: number, toMs: number): readonly object[]
}

/** All that an edge measured in the interval that ends at `ms`. */
export function measuredAt(world: EdgeWorld, edge: Edge, ms: number): Measured[] {
  return edge.links.map((link) => ({
    edge,
    link,
    reading: world.reading(edge, link, ms),
    ms: ms + edge.skewMs,
    intervalS: world.everyMs / 1000,
    tick: ms / world.everyMs,
  }))
}

/** What the edges of a model measured in a time, its end not included, one list an edge and interval. */
export const measuredIn = (
  world: EdgeWorld,
  model: EdgeModelId,
  fromMs: number,
  toMs: number,
): Measured[][] =>
  world.ticks(fromMs, toMs).flatMap((ms) => world.of(model).map((edge) => measuredAt(world, edge, ms)))

/** What the edges of a format tell their controller. */
export function controllerData(format: EdgeFormat, world: EdgeWorld): ControllerData {
  const rows = (report: string, fromMs: number, toMs: number) =>
    format.rows?.(report, world, fromMs, toMs) ?? []
  return {
    rows,
    present: (report, nowMs) => {
      const newest = Math.floor(nowMs / world.everyMs) * world.everyMs
      return rows(report, newest, newest + 1)
    },
  }
}

export const bytesOf = (bps: number, seconds: number): number => Math.round((bps * seconds) / 8)
