import { COL, FLOW_COLUMNS } from '../../model/flow_columns.js'
import type { FieldPlace, Step } from './template_plan.js'
import { VARIABLE_LENGTH } from './wire.js'

/**
 * Code for the steps of a plan. The text is put together from numbers and fixed phrases only: nothing that
 * came from the network becomes text of code.
 *
 * Names in the code: `v` DataView, `o` start of the first record, `n` records, `row` first row, `w` words of
 * the columns, `e` RunEnv, `f` e.offsets; in a step's loop `c` words of its column, `i` record, `b` offset or `s`
 * slots of the record, `r` row, `q` first word of the row where it has several, `p` place of the (first) field,
 * `l` its length where it varies.
 */
export interface RecordLayout {
  /** Bytes of a record, or 0 when they vary. */
  readonly bytes: number
  /**
   * Slots of a record in `offsets` when its bytes vary: run j starts at slot 3j, its variable field at 3j + 1
   * (length 3j + 2).
   */
  readonly stride: number
}

const U32 = 4_294_967_296

/** Expression for the low 32 bits (or fewer) of a number of `width` bytes at `p`. */
function low(p: string, width: number): string {
  if (width === 1) return `v.getUint8(${p})`
  if (width === 2) return `v.getUint16(${p})`
  if (width === 3) return `(v.getUint16(${p})<<8|v.getUint8(${p}+2))`
  return width === 4 ? `v.getUint32(${p})` : `v.getUint32(${p}+${width - 4})`
}

/** Expression for the bits above those. */
function high(p: string, width: number): string {
  return width <= 4 ? '0' : width >= 8 ? `v.getUint32(${p}+${width - 8})` : low(p, width - 4)
}

/** A number of up to 53 bits as a JavaScript number. */
function number(p: string, width: number): string {
  return width > 4 ? `(${high(p, width)}*${U32}+${low(p, width)})` : low(p, width)
}

/** Stores `value` in a column of one word, or only where the row is unknown so far. */
function storeWord(step: Step, value: string): string {
  const { unknown } = FLOW_COLUMNS[step.column]!
  return step.fallback ? `if(c[r]===${unknown})c[r]=${value}` : `c[r]=${value}`
}

function storePair(step: Step, lowWord: string, highWord: string): string {
  const store = `c[q]=${lowWord};${highWord === '0' ? '' : `c[q+1]=${highWord}`}`
  return `const q=2*r;${step.fallback ? `if((c[q]|c[q+1])===0){${store}}` : store}`
}

function uint(step: Step, { length }: FieldPlace): string {
  const { kind } = FLOW_COLUMNS[step.column]!
  if (length === VARIABLE_LENGTH) {
    return kind === 'u64' ? storePair(step, 'e.low(p,l)', 'e.high(p,l)') : storeWord(step, 'e.low(p,l)')
  }
  if (kind === 'u64') return storePair(step, low('p', length), high('p', length))
  const width = kind === 'u8' ? 1 : kind === 'u16' ? 2 : 4
  const narrow = Math.min(width, length)
  return storeWord(step, low(length > narrow ? `p+${length - narrow}` : 'p', narrow))
}

/** Rows are zero before they are written: the first words of an IPv4 address stay so. */
const V4 = 'c[q+2]=4294901760;c[q+3]=v.getUint32(p,true)'
const V6 = [0, 1, 2, 3].map((i) => `c[q+${i}]=v.getUint32(p+${4 * i},true)`).join(';')
const NO_ADDRESS = 'if((c[q]|c[q+1]|c[q+3])===0)'

function address(step: Step, { length }: FieldPlace): string {
  const store =
    length === 4 ? V4 : length === 16 ? V6 : length === VARIABLE_LENGTH ? 'e.address(c,q,p,l)' : ''
  return store === '' ? '' : `const q=4*r;${step.fallback ? `${NO_ADDRESS}{c[q+2]=0;${store}}` : store}`
}

/**
 * The first 6 bits say what the other 10 are: 2 an exception of forwarding, 0 for none. Which one it is depends on
 * the platform (Junos, inline flow monitoring, resiliency exceptions): forwarded, or dropped for an unknown reason.
 */
function juniperProperties(step: Step, { length }: FieldPlace): string {
  if (length !== 2) return ''
  return `const x=v.getUint16(p);if(x>>>10===2){${storeWord(step, '(x&1023)===0?64:128')}}`
}

function relayAddress({ length }: FieldPlace): string {
  if (length === 4) return `const q=4*r;if(v.getUint32(p)!==0){c[q]=0;c[q+1]=0;${V4}}`
  if (length !== 16) return ''
  const some = [0, 4, 8, 12].map((i) => `v.getUint32(p+${i})`).join('|')
  return `const q=4*r;if((${some})!==0){${V6}}`
}

function appId(step: Step, { length }: FieldPlace): string {
  if (length === VARIABLE_LENGTH) {
    const selector = 'const m=l-1,g=v.getUint8(p),x=m>7?e.unsigned(p+1+m-7,7):e.unsigned(p+1,m);'
    return `if(l>1){${selector}${storePair(step, 'x', `g<<24|(x/${U32})`)}}`
  }
  if (length < 2) return ''
  const engine = 'v.getUint8(p)<<24'
  const selector = Math.min(7, length - 1)
  const p = `(p+${length - selector})`
  return storePair(step, low(p, selector), selector > 4 ? `${engine}|${high(p, selector)}` : engine)
}

/** Milliseconds since 1970 of a time field; '' when the field's width is no such time. */
function timeExpression(step: Step, place: FieldPlace, other: string): string {
  const { length } = place
  if (length === VARIABLE_LENGTH) return ''
  switch (step.read) {
    case 'time_s':
      return `${number('p', length)}*1000`
    case 'time_ms':
      return number('p', length)
    case 'time_us':
      return length === 8 ? 'e.ntpMs(v.getUint32(p),v.getUint32(p+4),1000)' : ''
    case 'time_ns':
      return length === 8 ? 'e.ntpMs(v.getUint32(p),v.getUint32(p+4),1000000)' : ''
    case 'time_before_us':
      return `e.exportMs-Math.round(${number('p', length)}/1000)`
    default:
      return other
  }
}

function time(step: Step, layout: RecordLayout, ipfix: boolean): string {
  const [place, init] = step.places
  if (place!.length === VARIABLE_LENGTH) return ''
  const value = low('p', place!.length)
  // The difference in 32 bits is right across a wrap of sysUpTime, whichever of the two has wrapped. No flow
  // starts in the first millisecond: zero is what exporters send that do not know.
  let uptime = `u===0?0:e.exportMs-((e.uptime-u)|0)`
  if (ipfix) uptime = `e.initMs===0||u===0?0:e.initMs+u`
  if (ipfix && init !== undefined) uptime = `u===0?0:${number(placeOf(init, layout), init.length)}+u`
  const expression = timeExpression(step, place!, uptime)
  if (expression === '') return ''
  const read = step.read === 'time_uptime' ? `const u=${value};` : ''
  const store = `${read}let t=${expression};if(t<e.loMs||t>e.hiMs)t=e.plausible(t);c[q]=t;c[q+1]=t/${U32}`
  return `const q=2*r;${step.fallback ? `if((c[q]|c[q+1])===0){${store}}` : store}`
}

/** Whichever end is unknown is found from the other. Both stand as two words, low and high. */
function duration(step: Step, { length }: FieldPlace): string {
  if (length === VARIABLE_LENGTH) return ''
  const read = (words: string) => `${words}[q+1]*${U32}+${words}[q]`
  const write = (words: string, ms: string) => `t=${ms};${words}[q]=t;${words}[q+1]=t/${U32}`
  return (
    `const q=2*r,z=w[${COL.flow_end}],x=${read('c')},y=${read('z')},` +
    `d=Math.round(${number('p', length)}/${step.perMs});` +
    `let t;if(x!==0&&y===0){${write('z', 'x+d')}}else if(y!==0&&x===0){${write('c', 'Math.max(0,y-d)')}}`
  )
}

const SOURCE_IS_RECORD = `w[${COL.sampling_source}][r]=1`

function rate(step: Step, layout: RecordLayout): string {
  const [a, b] = step.places
  if (step.places.some((p) => p.length === VARIABLE_LENGTH)) return ''
  const first = number('p', a!.length)
  const second = b === undefined ? '' : number(placeOf(b, layout), b.length)
  let value = first
  if (step.read === 'rate_of_interval') value = `(${first}+${second})/${first}`
  if (step.read === 'rate_of_population') value = `${second}/${first}`
  if (step.read === 'rate_of_probability') {
    if (a!.length !== 4 && a!.length !== 8) return ''
    value = `1/v.getFloat${a!.length * 8}(p)`
  }
  return `if(c[r]===0){const x=e.rate(${value});if(x!==0){c[r]=x;${SOURCE_IS_RECORD}}}`
}

/** Where a field lies, as an expression. */
function placeOf(place: FieldPlace, { bytes }: RecordLayout): string {
  if (bytes > 0) return `(b+${place.offset})`
  return place.length === VARIABLE_LENGTH
    ? `f[s+${3 * place.run + 1}]`
    : `(f[s+${3 * place.run}]+${place.offset})`
}

function body(step: Step, layout: RecordLayout, ipfix: boolean): string {
  const place = step.places[0]!
  const varies = place.length === VARIABLE_LENGTH
  switch (step.read) {
    case 'uint':
    case 'uint_alone':
      return uint(step, place)
    case 'address':
    case 'address_alone':
      return address(step, place)
    case 'juniper_properties':
      return juniperProperties(step, place)
    case 'relay_address':
      return relayAddress(place)
    case 'text':
      return storeWord(step, `e.text(p,${varies ? 'l' : place.length})`)
    case 'high_byte':
      return !varies && place.length > 1 ? storeWord(step, `v.getUint8(p+${place.length - 2})`) : ''
    case 'low_byte':
      return !varies && place.length > 1 ? storeWord(step, `v.getUint8(p+${place.length - 1})`) : ''
    case 'mpls_label':
      return varies ? '' : storeWord(step, `${low('p', place.length)}>>>${place.length >= 4 ? 12 : 4}`)
    case 'app_id':
      return appId(step, place)
    case 'duration':
      return duration(step, place)
    case 'frame_section':
    case 'packet_section':
      return `e.section(w,r,p,${varies ? 'l' : place.length},${step.read === 'frame_section'},${step.fills ?? 0})`
    case 'sampler':
      return varies ? '' : `c[r]=${low('p', place.length)}`
    case 'rate':
    case 'rate_of_interval':
    case 'rate_of_population':
    case 'rate_of_probability':
      return rate(step, layout)
    default:
      return time(step, layout, ipfix)
  }
}

/** A loop over the records of the set for one step; '' when the step's fields have no usable width. */
export function stepCode(step: Step, layout: RecordLayout, ipfix: boolean): string {
  const code = body(step, layout, ipfix)
  if (code === '') return ''
  const place = step.places[0]!
  const words = step.read === 'sampler' ? 'const c=e.samplers' : `const c=w[${Math.max(0, step.column)}]`
  const first = step.read === 'sampler' ? 'r=0' : 'r=row'
  const length = place.length === VARIABLE_LENGTH ? `,l=f[s+${3 * place.run + 2}]` : ''
  const [start, advance] = layout.bytes > 0 ? ['b=o', `b+=${layout.bytes}`] : ['s=0', `s+=${layout.stride}`]
  return (
    `{${words};for(let i=0,${first},${start};i<n;i++,r++,${advance})` +
    `{const p=${placeOf(place, layout)}${length};${code}}}`
  )
}
