import type { DraftValues, EdgeDraft } from '../draft.js'
import { byDirection } from '../draft.js'
import { firstText, has, type JsonObject, objectOf, objectsOf, textOf } from '../json.js'
import { MergeWindow } from '../merge_window.js'
import type { Payload } from '../payload.js'
import { documentsLike, rowsLike } from '../recognise.js'
import { stateOf } from '../states.js'
import { epochMs } from '../times.js'
import { divided, numberOf, percentOf } from '../units.js'
import type { EdgeContext, EdgeVendor } from '../vendor.js'

/** A line of the monitoring agent: `name`, `tags`, `fields`, `timestamp` (epoch s). */
const isMetricLine = (row: JsonObject): boolean =>
  has(row, 'fields', 'tags', 'timestamp') && 'router' in objectOf(row.tags)
const isPeerPath = (row: JsonObject): boolean => 'peer-name' in objectOf(row.tags)

/** What each field says. MOS is in hundredths, loss in percent, the rest in ms. */
const FIELDS: Readonly<Record<string, (value: unknown) => DraftValues>> = {
  latency: (value) => ({ latency_ms: numberOf(value) }),
  jitter: (value) => ({ jitter_ms: numberOf(value), jitter_kind: 'unknown' }),
  loss: (value) => ({ loss_ratio: percentOf(value) }),
  mos: (value) => ({ mos: divided(value, 100), mos_scale_max: 5 }),
}

const MERGE = { windowMs: 120_000, groupsMax: 100_000 }

/** A peer path: by peer and host, as one peer has several hosts, by interface and VLAN. */
function pathOf(tags: JsonObject): EdgeDraft {
  const [router, node] = [textOf(tags.router), textOf(tags.node)]
  const vlan = textOf(tags.vlan)
  const link = firstText(tags['device-name'], tags['device-interface'])
  return {
    kind: 'tunnel',
    direction: 'both',
    device: node === undefined ? router : router === undefined ? node : `${node}.${router}`,
    site: router,
    link: vlan === undefined || vlan === '0' || link === undefined ? link : `${link}.${vlan}`,
    local: router,
    remote: [textOf(tags['peer-name']), textOf(tags['peer-host'])]
      .filter((part) => part !== undefined)
      .join('/'),
  }
}

/** One metric a line: those of a path at a time are put together. */
function mergeLine(merge: MergeWindow, row: JsonObject): void {
  const [tags, fields] = [objectOf(row.tags), objectOf(row.fields)]
  const path = pathOf(tags)
  const observed = epochMs(row.timestamp)
  const key = [path.device, path.link, path.remote].join(' ')
  for (const [name, value] of Object.entries(fields)) {
    const values = FIELDS[name]?.(value)
    if (values !== undefined) merge.add(key, observed ?? 0, { ...path, observed_ms: observed, ...values })
  }
}

/** GraphQL gives the status of paths only: `allRouters.nodes[].peers.nodes[].paths[]`. */
const nodesOf = (value: unknown): readonly JsonObject[] => objectsOf(objectOf(value).nodes)

function graphPaths(document: unknown): EdgeDraft[] {
  const data = objectOf(objectOf(document).data)
  return nodesOf(data.allRouters).flatMap((router) =>
    nodesOf(router.peers).flatMap((peer) =>
      objectsOf(peer.paths).flatMap((path) =>
        byDirection(
          {
            kind: 'tunnel',
            device: firstText(path.node, router.name),
            site: textOf(router.name),
            link: firstText(path.deviceInterface, path.networkInterface),
            local: textOf(router.name),
            remote: [textOf(peer.name), firstText(path.adjacentHostname, path.adjacentAddress)]
              .filter((part) => part !== undefined)
              .join('/'),
          },
          { both: stateOf(path.status) },
        ),
      ),
    ),
  )
}

function normalise(payload: Payload, context: EdgeContext): EdgeDraft[] {
  const merge = new MergeWindow(MERGE)
  const drafts: EdgeDraft[] = []
  for (const { value: row, place } of payload.rows) {
    if (isMetricLine(row)) {
      if (isPeerPath(row)) mergeLine(merge, row)
      drafts.push(...merge.takeClosed())
    } else if (!('allRouters' in row)) {
      context.reject(
        'row_invalid',
        place,
        "no line of the monitoring agent: 'fields', 'tags' and 'timestamp'",
      )
    }
  }
  for (const { place } of payload.lines)
    context.reject('row_invalid', place, 'no JSON: a line of the monitoring agent is one object')
  return [...drafts, ...merge.takeAll(), ...payload.documents.flatMap(({ value }) => graphPaths(value))]
}

/**
 * Juniper Session Smart Router (128T): monitoring agent, GraphQL. The unit of its bandwidths is not stated:
 * not read.
 */
export const juniperSsr: EdgeVendor = {
  id: 'juniper-ssr',
  titles: { fr: 'Juniper Session Smart Router', en: 'Juniper Session Smart Router' },
  transports: ['file', 'syslog', 'webhook', 'graphql'],
  kinds: ['tunnel'],
  fields: ['latency_ms', 'jitter_ms', 'loss_ratio', 'mos', 'state'],
  identity: { device: 'node.router', site: 'router', link: 'device interface' },
  documentation: 'https://www.juniper.net/documentation/us/en/software/session-smart-router/',
  mergeS: 5,
  recognise: (payload) =>
    Math.max(
      rowsLike(
        payload,
        0.95,
        (row) => isMetricLine(row) && (isPeerPath(row) || 'device-interface' in objectOf(row.tags)),
      ),
      rowsLike(payload, 0.6, isMetricLine),
      documentsLike(payload, 0.9, (value) => 'allRouters' in objectOf(objectOf(value).data)),
    ),
  normalise,
}
