import type { DraftValues, EdgeDraft } from '../draft.js'
import { firstText, textOf } from '../json.js'
import { MergeWindow } from '../merge_window.js'
import type { Payload } from '../payload.js'
import { rowsLike } from '../recognise.js'
import { stateOf } from '../states.js'
import { numberOf, percentOf, spanMs } from '../units.js'
import type { EdgeContext, EdgeVendor } from '../vendor.js'
import { isGnmi, type Leaf, leavesOf } from './gnmi_leaves.js'

/**
 * Leaves of openconfig-interfaces (and kin): "in" is receive; counters are cumulative. Unicast is not all
 * packets.
 */
const INTERFACE: Readonly<Record<string, (value: unknown) => DraftValues>> = {
  'in-octets': (value) => ({ rx_bytes: numberOf(value), bytes_kind: 'cumulative' }),
  'out-octets': (value) => ({ tx_bytes: numberOf(value), bytes_kind: 'cumulative' }),
  'in-pkts': (value) => ({ rx_packets: numberOf(value), bytes_kind: 'cumulative' }),
  'out-pkts': (value) => ({ tx_packets: numberOf(value), bytes_kind: 'cumulative' }),
  'in-bps': (value) => ({ rx_bps: numberOf(value) }),
  'out-bps': (value) => ({ tx_bps: numberOf(value) }),
  'oper-status': (value) => operStatus(textOf(value)),
}

/** `LOWER_LAYER_DOWN` and the like are down; words of other models are read as they are. */
const operStatus = (word: string | undefined): DraftValues =>
  word !== undefined && /_DOWN$/.test(word) ? { state: 'down', state_raw: word } : { ...stateOf(word) }

/** Leaves of openconfig-probes: delays and jitter are µs, round trip. */
const PROBE: Readonly<Record<string, (value: unknown) => DraftValues>> = {
  'avg-delay': (value) => ({
    latency_ms: spanMs(value, 'us'),
    latency_kind: 'round_trip',
    latency_statistic: 'mean',
  }),
  'avg-jitter': (value) => ({ jitter_ms: spanMs(value, 'us'), jitter_kind: 'unknown' }),
  'loss-percentage': (value) => ({ loss_ratio: percentOf(value) }),
}

const key = (leaf: Leaf, ...names: string[]): string | undefined =>
  firstText(...names.map((name) => leaf.keys.get(name)))

/** What a leaf tells, and of what; undefined for leaves that are not read. */
function draftOf(leaf: Leaf): EdgeDraft | undefined {
  const name = leaf.path.slice(leaf.path.lastIndexOf('/') + 1)
  const common = { device: leaf.device, observed_ms: leaf.observedMs }
  const probe = key(leaf, 'probe_name', 'probe')
  const test = key(leaf, 'test_name', 'test')
  const measured = PROBE[name]?.(leaf.value)
  if (measured !== undefined && (probe !== undefined || leaf.path.includes('probe'))) {
    const link = [probe, test].filter((word) => word !== undefined).join('/')
    return { kind: 'link', direction: 'both', ...common, link, ...measured }
  }
  const counted = INTERFACE[name]?.(leaf.value)
  // Queues and protocols have leaves of the same names: they count parts of an interface.
  if (counted === undefined || /(^|\/)(qos|queues?|ipv[46]|ethernet|aggregation)(\/|$)/.test(leaf.path))
    return undefined
  const port = key(leaf, 'interface_name', 'interface', 'name', 'ifname')
  const index = key(leaf, 'subinterface_index')
  if (port === undefined) return undefined
  return { kind: 'counters', ...common, link: index === undefined ? port : `${port}.${index}`, ...counted }
}

const MERGE = { windowMs: 60_000, groupsMax: 100_000 }

function normalise(payload: Payload, context: EdgeContext): EdgeDraft[] {
  const merge = new MergeWindow(MERGE)
  const drafts: EdgeDraft[] = []
  for (const { value, place } of payload.rows) {
    if (!isGnmi(value))
      context.reject('row_invalid', place, 'neither a SubscribeResponse nor an event of gNMI')
    for (const leaf of leavesOf(value)) {
      const draft = draftOf(leaf)
      if (draft === undefined) continue
      merge.add(`${draft.kind} ${draft.device} ${draft.link}`, leaf.observedMs ?? 0, draft)
    }
    drafts.push(...merge.takeClosed())
  }
  return [...drafts, ...merge.takeAll()].map(withoutLost)
}

/** All lost: an average of nothing reads 0. */
const withoutLost = (draft: EdgeDraft): EdgeDraft =>
  draft.loss_ratio === 1 && draft.latency_ms === 0
    ? { ...draft, latency_ms: undefined, jitter_ms: undefined }
    : draft

/** gNMI in JSON, of any make that speaks OpenConfig: interfaces and probes. */
export const gnmi: EdgeVendor = {
  id: 'gnmi',
  titles: { fr: 'gNMI / OpenConfig (JSON)', en: 'gNMI / OpenConfig (JSON)' },
  transports: ['gnmi', 'file'],
  kinds: ['counters', 'link'],
  fields: [
    'latency_ms',
    'jitter_ms',
    'loss_ratio',
    'tx_bytes',
    'rx_bytes',
    'tx_packets',
    'rx_packets',
    'tx_bps',
    'rx_bps',
    'state',
  ],
  identity: { device: 'target, else source address', link: 'interface or probe/test' },
  documentation: 'https://openconfig.net/docs/gnmi/gnmi-specification/',
  mergeS: 10,
  recognise: (payload) => rowsLike(payload, 0.85, isGnmi),
  normalise,
}
