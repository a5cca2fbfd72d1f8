import type { Incident } from '../../model/incident.js'

/** What a message of the outbox holds. */
export interface OutboxWord {
  readonly incident: Incident
  /** Sent again by hand: what was refused is tried again. */
  readonly again?: boolean
  /** Said again after a restart: a process that died may have told it. With the newest delivery that is written down. */
  readonly replayed?: { readonly reported: string }
}

/** The word of a message; undefined when it does not read. */
export function readWord(bytes: Uint8Array): OutboxWord | undefined {
  try {
    const word = JSON.parse(Buffer.from(bytes).toString()) as OutboxWord
    return typeof word.incident?.uid === 'string' ? word : undefined
  } catch {
    return undefined
  }
}
