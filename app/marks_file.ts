import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { type FindingMark, VERDICTS } from '../model/finding.js'
import { UsageError } from './io.js'

const moment = z.union([z.int(), z.iso.datetime({ offset: true }).transform((text) => Date.parse(text))])

/** A line of `vigie detect --marks FILE`. Without a time, a mark was given before anything was found. */
const lineSchema = z.object({
  finding: z.string().min(1).max(64),
  verdict: z.enum([...VERDICTS, 'none']),
  by: z.string().max(200).default('operator:'),
  time: moment.default(0),
  until: moment.optional(),
  comment: z.string().optional(),
})

/**
 * Marks of a file, JSON lines, in the order in which they were given. One without an end holds to the end of the recording.
 * @throws UsageError naming the line that is wrong
 */
export function readMarks(file: string, fault: (file: string, why: string) => string): FindingMark[] {
  let lines: string[]
  try {
    lines = readFileSync(file, 'utf8').split('\n')
  } catch (error) {
    throw new UsageError(fault(file, (error as Error).message))
  }
  const marks = lines.flatMap((line, i): FindingMark[] => {
    if (line.trim() === '') return []
    try {
      const { comment, until = Number.MAX_SAFE_INTEGER, ...mark } = lineSchema.parse(JSON.parse(line))
      return [{ ...mark, until, ...(comment !== undefined && { comment }) }]
    } catch (error) {
      const why =
        error instanceof z.ZodError
          ? error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')
          : (error as Error).message
      throw new UsageError(fault(file, `${i + 1}: ${why}`))
    }
  })
  return marks.sort((a, b) => a.time - b.time)
}
