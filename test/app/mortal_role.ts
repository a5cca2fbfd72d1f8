import { appendFileSync, readFileSync } from 'node:fs'

/** A role process for the supervisor's test: writes what happens to it in a diary, and dies when its configuration says so. */
interface MortalConfig {
  readonly diary: string
  /** So many lives end by a kill, `young`: before the role is ready. */
  readonly dies: number
  readonly young: boolean
  readonly deaf: boolean
}

const name = process.argv[2]!
process.once('message', ({ config }: { config: MortalConfig }) => {
  const note = (what: string): void => appendFileSync(config.diary, `${name} ${what}\n`)
  note('starts')
  process.on('SIGTERM', () => {
    note('drains')
    if (!config.deaf) process.exit(0)
  })
  const starts = readFileSync(config.diary, 'utf8').split(`${name} starts`).length - 1
  if (config.young && starts <= config.dies) process.kill(process.pid, 'SIGKILL')
  process.send!({ type: 'ready' })
  if (starts <= config.dies) process.kill(process.pid, 'SIGKILL')
  process.send!({ type: 'report', fields: { starts, pid: process.pid, title: process.argv0 } })
  setInterval(() => undefined, 60_000)
})
