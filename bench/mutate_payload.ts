/** mulberry32: 0 to 1, the same in every run of a seed. */
export function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

const STRANGE = [
  null,
  '',
  '-',
  'Null',
  '18446744073709551615',
  -1,
  1e308,
  [],
  {},
  [[]],
  true,
  '\u0000',
  '__proto__',
  'x'.repeat(5000),
]

/** Another value somewhere in a tree. */
function mutateTree(value: unknown, random: () => number): unknown {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!
  if (typeof value !== 'object' || value === null || random() < 0.1) return pick<unknown>(STRANGE)
  if (Array.isArray(value)) {
    if (value.length === 0) return pick<unknown>(STRANGE)
    const at = Math.floor(random() * value.length)
    return value.map((item, i) => (i === at ? mutateTree(item, random) : item))
  }
  const keys = Object.keys(value)
  if (keys.length === 0) return pick<unknown>(STRANGE)
  const key = pick(keys)
  const copy = { ...(value as Record<string, unknown>) }
  if (random() < 0.15) delete copy[key]
  else copy[key] = mutateTree(copy[key], random)
  return copy
}

/** Characters cut, doubled, exchanged. */
function mutateText(text: string, random: () => number): string {
  const at = Math.floor(random() * text.length)
  const length = Math.floor(random() * 20)
  const way = Math.floor(random() * 4)
  if (way === 0) return text.slice(0, at)
  if (way === 1) return text.slice(0, at) + text.slice(at + length)
  if (way === 2) return text.slice(0, at) + text.slice(at, at + length).repeat(3) + text.slice(at)
  return text.slice(0, at) + String.fromCharCode(Math.floor(random() * 128)) + text.slice(at + 1)
}

/** A payload broken as wires and programs break them: characters in half of the cases, values in the other. */
export function mutated(text: string, random: () => number): string {
  if (random() < 0.5) return mutateText(text, random)
  try {
    return JSON.stringify(mutateTree(JSON.parse(text), random))
  } catch {
    return mutateText(text, random)
  }
}

/** Small payloads, one a form. */
export const PAYLOADS = [
  '[{"local_color":"a","remote_color":"b","latency":1,"jitter":1,"loss_percentage":1,"entry_time":1700000000000}]',
  '{"results":{"c":{"wan1":{"status":"up","latency":1,"child_intfs":{"x":{"status":"up"}}}}}}',
  'devid="FGT1" logid="0113022925" latency="1.0" packetloss="0.0" slamap="0x1" eventtime=1700000000000000000',
  'bwMonLog, applianceName=E, generateTime=1700000000, sentOctets=1, duration=1000, accCkt="W, 1"',
  '{"aaData":[["A,B,I,M,e","A","B","I","M","e",1,1,1,1,1,1]]}',
  '{"update":{"timestamp":"1700000000000000000","update":[{"path":{"elem":[{"name":"interface","key":{"name":"e"}},{"name":"in-octets"}]},"val":{"uintVal":"1"}}]}}',
  'Direction Min Max Avg Jitter Loss\n  Roundtrip:  1ms  2ms  3ms  4us  0.0%',
  'IPSLA operation id: 1\n Latest RTT: 8 milliseconds\nLatest operation return code: OK',
  'kind,device,link,latency_ms,state\nlink,d,l,5,up\n',
]
