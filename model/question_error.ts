/**
 * A question that the store does not answer, and would not if it were asked again: `cut` by its bounds of time, memory or
 * rows, or `failed` because the store does not take it.
 */
export class QuestionError extends Error {
  override readonly name = 'QuestionError'
  readonly outcome: 'cut' | 'failed'

  constructor(outcome: 'cut' | 'failed', message: string, options?: ErrorOptions) {
    super(message, options)
    this.outcome = outcome
  }
}
