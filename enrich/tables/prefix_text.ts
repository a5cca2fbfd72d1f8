import type { Prefix } from './prefix.js'

/** A prefix as text, an address alone where it is one (RFC 5952 for IPv6). */
export function prefixText({ family, length, w0, w1, w2, w3 }: Prefix): string {
  const [address, bits] = family === 4 ? [v4Text(w3), 32] : [v6Text([w0, w1, w2, w3]), 128]
  return length === bits ? address : `${address}/${length}`
}

export const v4Text = (w: number): string => `${w >>> 24}.${(w >>> 16) & 255}.${(w >>> 8) & 255}.${w & 255}`

export function v6Text(words: readonly number[]): string {
  const groups = words.flatMap((w) => [w >>> 16, w & 0xffff])
  let [gap, length] = [-1, 1]
  for (let i = 0; i < 8; i++) {
    let end = i
    while (end < 8 && groups[end] === 0) end++
    if (end - i > length) [gap, length] = [i, end - i]
  }
  const text = (from: number, to: number): string =>
    groups
      .slice(from, to)
      .map((g) => g.toString(16))
      .join(':')
  return gap < 0 ? text(0, 8) : `${text(0, gap)}::${text(gap + length, 8)}`
}
