/** The store will never take these rows: the same bytes would be refused again. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError'
}
