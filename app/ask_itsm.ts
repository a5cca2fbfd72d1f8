import type { Bus } from '../ingest/bus/bus.js'
import { UsageError } from './io.js'
import { ITSM_SUBJECT, type ItsmAnswer, type ItsmQuestion } from './itsm_service.js'

const ANSWER_MS = 5_000

type Said = Extract<ItsmAnswer, { ok: true }>

/** Asks the running itsm role. @throws UsageError with what to do when there is none, Error with what it refuses */
export async function askItsm(bus: Bus, question: ItsmQuestion): Promise<Said> {
  const answer = await bus.connection
    .request(ITSM_SUBJECT, JSON.stringify(question), { timeout: ANSWER_MS })
    .catch((error: Error) => {
      throw new Error(
        `the itsm role does not answer (${error.message}): 'vigie up' or 'vigie up --role itsm' starts it`,
      )
    })
  const said = answer.json<ItsmAnswer>()
  if (!said.ok) throw new UsageError(said.error)
  return said
}
