/** The outside of a command: where it writes, what the environment says. Handed in, so that tests can listen. */
export interface CommandIo {
  readonly stdout: NodeJS.WritableStream & { isTTY?: boolean }
  readonly stderr: NodeJS.WritableStream & { isTTY?: boolean }
  readonly env: Readonly<Record<string, string | undefined>>
}

/** 0 done · 1 the work failed or part of the input was rejected · 2 the command line or the configuration is wrong. */
export type ExitStatus = 0 | 1 | 2

export type Command = (args: string[], io: CommandIo) => Promise<number>

export type Language = 'fr' | 'en'

/** The language for people: VIGIE_LANG, else the locale where it says French or English, else French. */
export function languageOf(env: CommandIo['env']): Language {
  for (const said of [env.VIGIE_LANG, env.LC_ALL, env.LC_MESSAGES, env.LANG]) {
    if (said?.toLowerCase().startsWith('fr')) return 'fr'
    if (said?.toLowerCase().startsWith('en')) return 'en'
  }
  return 'fr'
}

/** An error whose message is for the person at the keyboard: no stack is shown. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
