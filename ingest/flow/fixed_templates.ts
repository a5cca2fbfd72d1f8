import { TEMPLATE_KINDS } from './template.js'

/**
 * NetFlow v1, v5 and v7 have records of one fixed layout each: to the decoder they are templates that
 * everybody knows. Layouts: Cisco, "NetFlow Export Datagram Format"; elements are those of NetFlow v9, 210
 * stands for padding.
 */
const PADDING = 210
const ADDRESSES = [8, 4, 12, 4, 15, 4, 10, 2, 14, 2, 2, 4, 1, 4, 22, 4, 21, 4, 7, 2, 11, 2]

const LAYOUTS = {
  1: [...ADDRESSES, PADDING, 2, 4, 1, 5, 1, 6, 1, PADDING, 7],
  5: [...ADDRESSES, PADDING, 1, 6, 1, 4, 1, 5, 1, 16, 2, 17, 2, 9, 1, 13, 1, PADDING, 2],
  7: [...ADDRESSES, PADDING, 1, 6, 1, 4, 1, 5, 1, 16, 2, 17, 2, 9, 1, 13, 1, PADDING, 6],
} as const

/** The key (see `Template`) of the records of NetFlow v1, v5 or v7. */
export function fixedTemplateKey(version: 1 | 5 | 7): string {
  const pairs = LAYOUTS[version]
  const bytes = Buffer.alloc(3 + 2 * pairs.length)
  bytes[0] = TEMPLATE_KINDS.v9
  bytes.writeUInt16BE(pairs.length / 2, 1)
  pairs.forEach((n, i) => {
    bytes.writeUInt16BE(n, 3 + 2 * i)
  })
  return bytes.toString('latin1')
}
