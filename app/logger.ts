import { type Logger as Pino, pino } from 'pino'

/** One JSON line an event on stderr, with the role's name; the level is VIGIE_LOG_LEVEL's or info. */
export function createLogger(name: string, level = 'info'): Pino {
  return pino({ name, level, base: { name } }, pino.destination({ dest: 2, sync: true }))
}
