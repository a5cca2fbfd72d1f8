import type { QueryBounds, RowSource } from './row_source.js'
import type { Frame } from './viewer/shared/protocol.js'

/** Rows of a store that does not change meanwhile: what was asked before, within the same bounds, is not asked again. */
export function rememberedRows(rows: RowSource): RowSource {
  const answers = new Map<string, Promise<Frame>>()
  return {
    query: (sql: string, bounds: QueryBounds) => {
      const key = JSON.stringify([sql, bounds])
      let answer = answers.get(key)
      if (answer === undefined) {
        answer = rows.query(sql, bounds)
        answers.set(key, answer)
      }
      return answer
    },
    close: () => rows.close(),
  }
}
