import { promisify } from 'node:util'
import { brotliDecompress, gunzip, inflate } from 'node:zlib'
import { PushError } from './push_error.js'

const UNPACKERS = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
} as const

/** The body as it was before it was packed, at most `maxBytes` of it. */
export async function unpack(body: Buffer, coding: string | undefined, maxBytes: number): Promise<Buffer> {
  const name = (coding ?? 'identity').trim().toLowerCase()
  if (name === 'identity' || name === '') return body
  if (!(name in UNPACKERS))
    throw new PushError(415, 'encoding_unknown', `content-encoding ${name}: send gzip, deflate, br or none`)
  try {
    return await UNPACKERS[name as keyof typeof UNPACKERS](body, { maxOutputLength: maxBytes })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE')
      throw new PushError(
        413,
        'body_too_large',
        `unpacked, the body has more than ${maxBytes} bytes: split it`,
      )
    throw new PushError(400, 'encoding_broken', `the body is no ${name}: send it whole, or not packed`)
  }
}
