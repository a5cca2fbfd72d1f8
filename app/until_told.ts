/** Why a long-running command ends. `orphaned`: whoever started it through npm is gone. */
export type EndReason = 'SIGTERM' | 'SIGINT' | 'SIGHUP' | 'orphaned' | 'done'

const PARENT_POLL_MS = 20

/**
 * Resolves when the process is told to end, by a signal or by `done`.
 *
 * npm and npx do not pass signals on: a SIGTERM to `npx vigie up` ends npx and leaves the program behind, holding its
 * ports. So a program that npm started follows its parent: when the parent goes, it goes.
 */
export function untilTold(
  env: Readonly<Record<string, string | undefined>>,
  done?: Promise<void>,
): Promise<EndReason> {
  return new Promise((resolve) => {
    const parent = process.ppid
    const followed = env.npm_execpath !== undefined || env.npm_command !== undefined
    const poll = followed
      ? setInterval(() => {
          if (process.ppid !== parent) end('orphaned')
        }, PARENT_POLL_MS).unref()
      : undefined
    const end = (reason: EndReason): void => {
      clearInterval(poll)
      resolve(reason)
    }
    // The listeners stay: a second Ctrl-C while draining must not cut it short without a word.
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => end(signal))
    done?.then(() => end('done'))
  })
}
