import { readFileSync } from 'node:fs'

/** A worked question of `docs/questions.md`. */
export interface Question {
  readonly number: number
  readonly title: string
  readonly sql: string
}

const PAGE = new URL('../../docs/questions.md', import.meta.url)

/** The questions of the page, for another month than the one it names. */
export function questionsOf(month: string): Question[] {
  const text = readFileSync(PAGE, 'utf8')
  return [...text.matchAll(/^### (\d+)\. (.+)\n\n```sql\n([\s\S]*?)```/gm)].map(([, number, title, sql]) => ({
    number: Number(number),
    title: title!,
    sql: sql!.replaceAll("'2026-10-01'", `'${month}'`).trim(),
  }))
}
