import { COL } from '../../model/flow_columns.js'
import {
  COLUMN_SOURCES,
  type ColumnSource,
  ELEMENT,
  EVENT_TIME_SOURCES,
  type Read,
} from './column_sources.js'
import { SECTION_COLUMNS } from './packet_section.js'
import { isIpfix, type Template } from './template.js'
import { VARIABLE_LENGTH } from './wire.js'

/**
 * Repeats of an element that are looked at; a template of a thousand equal fields costs no more than these.
 */
const REPEATS_MAX = 2

/** Reads of sources that count only where no other source of the column stands in the template. */
const ALONE: ReadonlySet<Read> = new Set(['uint_alone', 'address_alone'])

/**
 * Where a field lies in a record: `offset` bytes after the start of run `run`. A record is cut into runs by
 * its variable fields; a variable field is found at the slot of its run.
 *
 * ```
 * | run 0: fixed fields | variable field | run 1: fixed fields | variable field | run 2 |
 * ```
 */
export interface FieldPlace {
  readonly run: number
  readonly offset: number
  /** Bytes, or `VARIABLE_LENGTH`: then it is the field that ends `run`. */
  readonly length: number
}

/** One step of decoding, done for all records of a run before the next. */
export interface Step {
  readonly read: Read | SamplingRead | 'duration' | 'frame_section' | 'packet_section'
  readonly column: number
  readonly places: readonly FieldPlace[]
  /** Writes only rows whose column is unknown so far. */
  readonly fallback: boolean
  /** Unit of `duration`: what a millisecond has of it. */
  readonly perMs?: number
  /** Columns that a section may fill (see `PacketSection`). */
  readonly fills?: number
}

export type SamplingRead =
  | 'rate'
  | 'rate_of_interval'
  | 'rate_of_population'
  | 'rate_of_probability'
  | 'sampler'

export interface TemplatePlan {
  readonly steps: readonly Step[]
  /** Columns that the steps write. */
  readonly columns: readonly number[]
  /** Columns that hold elements of the record: those that a packet's section alone fills are not among them. */
  readonly carried: readonly number[]
  readonly hasSampler: boolean
  readonly hasRate: boolean
}

/** Fields by element, with repeats in order; scopes are no elements of the flow. */
function placesOf(template: Template): Map<string, FieldPlace[]> {
  const places = new Map<string, FieldPlace[]>()
  let run = 0
  let offset = 0
  for (const { pen, id, length, scope } of template.fields) {
    const variable = length === VARIABLE_LENGTH
    if (!scope && length > 0) {
      const key = `${pen}.${id}`
      const list = places.get(key) ?? []
      if (list.length < REPEATS_MAX) list.push({ run, offset, length })
      places.set(key, list)
    }
    if (variable) {
      run++
      offset = 0
    } else offset += length
  }
  return places
}

class Planner {
  readonly steps: Step[] = []
  readonly #places: Map<string, FieldPlace[]>
  readonly #ipfix: boolean

  constructor(template: Template) {
    this.#places = placesOf(template)
    this.#ipfix = isIpfix(template.kind)
  }

  #find(id: number, pen = 0): readonly FieldPlace[] {
    return this.#places.get(`${pen}.${id}`) ?? []
  }

  /**
   * A repeat of an element describes an inner header, as does the other address family behind the first:
   * outer ones are the flow.
   */
  column(name: string, sources: readonly ColumnSource[], last = false): void {
    const column = COL[name]!
    let found: { read: Read; place: FieldPlace }[] = []
    for (const { pen, id, read } of sources) {
      const [place] = this.#find(id, pen)
      if (place !== undefined) found.push({ read, place })
    }
    if (found.some(({ read }) => !ALONE.has(read))) found = found.filter(({ read }) => !ALONE.has(read))
    if (sources[0]!.read === 'address')
      found.sort((a, b) => a.place.run - b.place.run || a.place.offset - b.place.offset)
    for (const { read, place } of found) {
      const fallback = last || this.steps.some((s) => s.column === column)
      this.steps.push({ read, column, fallback, places: this.#timePlaces(read, place) })
    }
  }

  /**
   * IPFIX headers carry no sysUpTime: the record's own start of the exporter (160) stands beside the time, if
   * there.
   */
  #timePlaces(read: Read, place: FieldPlace): FieldPlace[] {
    if (read !== 'time_uptime' || !this.#ipfix) return [place]
    const [init] = this.#find(ELEMENT.systemInitTimeMilliseconds)
    return init === undefined || init.length === VARIABLE_LENGTH ? [place] : [place, init]
  }

  duration(id: number, perMs: number): void {
    const [place] = this.#find(id)
    const known = this.steps.some((s) => s.column === COL.flow_start || s.column === COL.flow_end)
    if (place !== undefined && known) {
      this.steps.push({ read: 'duration', column: COL.flow_start!, places: [place], fallback: true, perMs })
    }
  }

  /**
   * Which end gets its first repeat and which its second: a record with two interface names says ingress,
   * egress.
   */
  interfaceNames(): void {
    const names = this.#find(ELEMENT.interfaceName)
    const places = names.length > 0 ? names : this.#find(ELEMENT.interfaceDescription)
    const columns = [COL.in_if_label!, COL.out_if_label!]
    places.slice(0, 2).forEach((place, i) => {
      this.steps.push({ read: 'text', column: columns[i]!, places: [place], fallback: false })
    })
  }

  /** A record may carry the first bytes of a packet in place of elements that its template lacks. */
  section(): void {
    const frame =
      this.#find(ELEMENT.dataLinkFrameSection)[0] ?? this.#find(ELEMENT.layer2packetSectionData)[0]
    const packet = this.#find(ELEMENT.ipHeaderPacketSection)[0]
    const place = frame ?? packet
    const read = frame === undefined ? 'packet_section' : 'frame_section'
    if (place === undefined) return
    const told = new Set(this.steps.map(({ column }) => column))
    const fills = SECTION_COLUMNS.reduce((bits, column, i) => bits | (told.has(column) ? 0 : 1 << i), 0)
    this.steps.push({ read, column: -1, places: [place], fallback: true, fills })
  }

  sampling(): void {
    const column = COL.sampling_rate!
    const add = (read: SamplingRead, ...ids: number[]) => {
      const places = ids.map((id) => this.#find(id)[0]).filter((p) => p !== undefined)
      if (places.length === ids.length) this.steps.push({ read, column, places, fallback: true })
    }
    add('rate', ELEMENT.samplingInterval)
    add('rate_of_interval', ELEMENT.samplingPacketInterval, ELEMENT.samplingPacketSpace)
    add('rate_of_population', ELEMENT.samplingSize, ELEMENT.samplingPopulation)
    add('rate_of_probability', ELEMENT.samplingProbability)
    add('rate', ELEMENT.samplerRandomInterval)
    const sampler = this.#find(ELEMENT.samplerId)[0] ?? this.#find(ELEMENT.selectorId)[0]
    if (sampler) this.steps.push({ read: 'sampler', column: -1, places: [sampler], fallback: false })
  }
}

/** Decides which fields of a template go where. */
export function planTemplate(template: Template): TemplatePlan {
  const planner = new Planner(template)
  for (const [name, sources] of Object.entries(COLUMN_SOURCES)) planner.column(name, sources)
  planner.duration(ELEMENT.flowDurationMilliseconds, 1)
  planner.duration(ELEMENT.flowDurationMicroseconds, 1000)
  planner.column('flow_start', EVENT_TIME_SOURCES, true)
  planner.column('flow_end', EVENT_TIME_SOURCES, true)
  planner.interfaceNames()
  planner.section()
  planner.sampling()
  const { steps } = planner
  const has = (...reads: Step['read'][]) => steps.some((s) => reads.includes(s.read))
  const carried = new Set(steps.map((s) => s.column).filter((c) => c >= 0))
  const hasRate = carried.has(COL.sampling_rate!)
  if (hasRate) carried.add(COL.sampling_source!)
  if (has('duration')) carried.add(COL.flow_start!).add(COL.flow_end!)
  const columns = new Set(carried)
  if (has('frame_section', 'packet_section')) for (const column of SECTION_COLUMNS) columns.add(column)
  return { steps, columns: [...columns], carried: [...carried], hasSampler: has('sampler'), hasRate }
}
