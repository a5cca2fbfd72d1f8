/** Why a push is refused, in words for a machine and for the person who set it up. */
export class PushError extends Error {
  override readonly name = 'PushError'
  readonly status: number
  readonly code: string
  /** When to come again, s. */
  readonly retryAfterS: number | undefined

  constructor(status: number, code: string, message: string, retryAfterS?: number) {
    super(message)
    this.status = status
    this.code = code
    this.retryAfterS = retryAfterS
  }
}
