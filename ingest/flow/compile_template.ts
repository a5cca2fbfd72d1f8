import { saysPaths } from './path_records.js'
import type { RunEnv } from './run_env.js'
import { isIpfix, type Template } from './template.js'
import { stepCode } from './template_code.js'
import { planTemplate } from './template_plan.js'
import { u16 } from './wire.js'

type Words = readonly (Uint8Array | Uint16Array | Uint32Array)[]

/**
 * Writes the columns of `n` records from `row` on. Records of fixed length start at `o` of `view` and follow
 * each other; where those of varying length lie, `env.offsets` says (see `locateRuns`).
 */
export type RunFunction = (
  view: DataView,
  o: number,
  n: number,
  row: number,
  words: Words,
  env: RunEnv,
) => void

/**
 * A template ready for use: cached by content, so that an exporter fleet with one configuration costs one
 * compile.
 */
export interface CompiledTemplate {
  readonly template: Template
  /** Why no record can be read; undefined when it is sound. */
  readonly fault: string | undefined
  /** Columns that `run` writes. */
  readonly columns: readonly number[]
  /** Those of them that hold elements of the record, zeros included. */
  readonly carried: readonly number[]
  readonly hasSampler: boolean
  readonly hasRate: boolean
  /** Its records measure paths of an SD-WAN. */
  readonly paths: boolean
  /** Slots of a record in `RunEnv.offsets`; 0 for fixed length. */
  readonly stride: number
  readonly run: RunFunction
}

const NOTHING: RunFunction = () => {}

/**
 * `serial` tells compilations of one cache apart. V8 keeps code whose text it was given twice, with all that it
 * has learned of it, for as long as the process lives: a template that is forgotten and comes again must not be
 * the same text.
 */
export function compileTemplate(template: Template, serial: number): CompiledTemplate {
  const { fault } = template
  const variable = template.skips.length > 1
  const stride = variable ? 3 * template.skips.length - 2 : 0
  if (fault !== undefined || template.options) {
    return {
      template,
      fault,
      columns: [],
      carried: [],
      hasSampler: false,
      hasRate: false,
      paths: false,
      stride,
      run: NOTHING,
    }
  }
  const { steps, ...plan } = planTemplate(template)
  const layout = { bytes: variable ? 0 : template.minBytes, stride }
  const code = steps.map((step) => stepCode(step, layout, isIpfix(template.kind)))
  // Numbers and fixed phrases only (see template_code.ts): no text from the network is ever compiled.
  const run = new Function(
    'v',
    'o',
    'n',
    'row',
    'w',
    'e',
    `'use strict';const f=e.offsets;${code.join('')}//${serial}`,
  ) as RunFunction
  return { template, fault, ...plan, paths: saysPaths(template), stride, run }
}

/** What `locateRuns` found. */
export interface Located {
  records: number
  /** Offset after the last whole record. */
  end: number
}

/**
 * Finds the runs and variable fields of up to `max` records of varying length between `o` and `end`. Run j of
 * record i starts at `offsets[i * stride + 3j]`, the variable field after it at `+ 1` with its length at `+
 * 2`.
 */
export function locateRuns(
  compiled: CompiledTemplate,
  b: Uint8Array,
  o: number,
  end: number,
  max: number,
  offsets: Int32Array,
  out: Located,
): void {
  const { stride } = compiled
  const { skips, minBytes } = compiled.template
  const most = Math.min(max, Math.floor(offsets.length / stride))
  out.records = 0
  out.end = o
  while (out.records < most && out.end + minBytes <= end) {
    let slot = out.records * stride
    let at = out.end
    offsets[slot] = at
    at += skips[0]!
    for (let j = 1; j < skips.length; j++) {
      if (at >= end) return
      let length = b[at++]!
      if (length === 255) {
        if (at + 2 > end) return
        length = u16(b, at)
        at += 2
      }
      offsets[slot + 1] = at
      offsets[slot + 2] = length
      at += length
      slot += 3
      offsets[slot] = at
      at += skips[j]!
    }
    if (at > end) return
    out.records++
    out.end = at
  }
}
