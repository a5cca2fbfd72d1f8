/**
 * A capture that ends in the middle or that contradicts itself. All datagrams before that point were handed
 * out.
 */
export class CaptureError extends Error {
  readonly code: 'capture_truncated' | 'capture_invalid'
  constructor(code: CaptureError['code'], message: string) {
    super(message)
    this.name = 'CaptureError'
    this.code = code
  }
}

export const truncatedAt = (offset: number, what: string): CaptureError =>
  new CaptureError('capture_truncated', `the capture ends inside ${what} that starts at byte ${offset}`)

export const invalidAt = (offset: number, what: string): CaptureError =>
  new CaptureError('capture_invalid', `${what} at byte ${offset}: nothing after it can be read`)
