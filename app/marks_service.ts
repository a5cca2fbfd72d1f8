import type { MarkView } from '../detect/mark_memory.js'
import type { Bus } from '../ingest/bus/bus.js'
import type { Component } from '../model/ports.js'

/** What `vigie findings marks` asks the detector over the bus. */
const MARKS_SUBJECT = 'vigie.detector.marks'
const ANSWER_MS = 2_000
/** An answer stays below the message size that any NATS server takes. */
const MARKS_MAX = 2_000

/** Answers what marks are in force, and what they kept quiet. */
export function serveMarks(bus: Bus, marks: () => readonly MarkView[]): Component {
  let subscription: { unsubscribe(): void } | undefined
  return {
    async start() {
      subscription = bus.connection.subscribe(MARKS_SUBJECT, {
        callback: (error, message) => {
          if (error === null) message.respond(JSON.stringify(marks().slice(-MARKS_MAX)))
        },
      })
    },
    async stop() {
      subscription?.unsubscribe()
    },
  }
}

/** The marks in force, of all detectors that share the organisations; undefined where not all of them answer. */
export async function askMarks(bus: Bus, shards: number): Promise<readonly MarkView[] | undefined> {
  const marks: MarkView[] = []
  let answers = 0
  try {
    const asked = await bus.connection.requestMany(MARKS_SUBJECT, '', {
      strategy: 'count',
      maxMessages: shards,
      maxWait: ANSWER_MS,
    })
    for await (const answer of asked) {
      marks.push(...answer.json<MarkView[]>())
      answers++
    }
  } catch {
    // Nobody is there.
  }
  return answers < shards ? undefined : marks.sort((a, b) => a.marked - b.marked)
}
