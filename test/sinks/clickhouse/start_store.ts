import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const CHILD = fileURLToPath(new URL('store_child.js', import.meta.url))

/** Stores that a test file left running, and folders it was given, go with it. */
const children = new Set<ChildProcess>()
const folders = new Set<string>()
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL')
  for (const dir of folders) rmSync(dir, { recursive: true, force: true, maxRetries: 3 })
})

export interface TestStore {
  readonly url: string
  readonly dir: string
  readonly process: ChildProcess
  /** Body and status of a query; POST unless the options say otherwise. */
  ask(sql: string, options?: AskOptions): Promise<{ status: number; text: string; headers: Headers }>
  /** The body of a query that must succeed, without its last line break. */
  rows(sql: string, options?: AskOptions): Promise<string>
  metrics(): Promise<string>
  /** As `kill -9`. */
  kill(): Promise<void>
  /** SIGTERM; rejects when the store does not end of itself. */
  stop(): Promise<void>
}

export interface AskOptions extends RequestInit {
  /** Words of the URL. */
  readonly words?: Readonly<Record<string, string>>
}

/** A folder of its own for the test file, gone when it ends. */
export function temporaryDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'vigie-store-'))
  folders.add(dir)
  return dir
}

/** Starts a store in a process of its own; `schema: true` makes its tables. Rejects with what the process says. */
export async function startStore(
  settings: Readonly<Record<string, unknown>> & { data_dir: string },
): Promise<TestStore> {
  const child = fork(CHILD, [JSON.stringify(settings)], {
    env: { ...process.env, UV_THREADPOOL_SIZE: '16' },
    execArgv: ['--enable-source-maps'],
  })
  children.add(child)
  child.once('exit', () => children.delete(child))
  const [told] = (await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code, signal]) => [{ error: `ended: ${code ?? signal}` }]),
  ])) as [{ url?: string; error?: string }]
  if (told.url === undefined) throw new Error(told.error)
  const { url } = told
  let stopped = false
  child.on('message', (message) => {
    if ((message as { stopped?: boolean }).stopped) stopped = true
  })
  const ask: TestStore['ask'] = async (sql, { words = {}, ...init } = {}) => {
    const get = init.method === 'GET'
    const search = new URLSearchParams({ ...words, ...(get && { query: sql }) })
    const answer = await fetch(`${url}/?${search}`, { method: 'POST', ...(!get && { body: sql }), ...init })
    return { status: answer.status, text: await answer.text(), headers: answer.headers }
  }
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
    const exit = once(child, 'exit')
    child.kill(signal)
    return (await exit)[0] as number | null
  }
  return {
    url,
    dir: settings.data_dir,
    process: child,
    ask,
    async rows(sql, options) {
      const { status, text } = await ask(sql, options)
      if (status !== 200) throw new Error(text)
      return text.replace(/\n$/, '')
    },
    async metrics() {
      const answer = once(child, 'message')
      child.send('metrics')
      return ((await answer)[0] as { metrics: string }).metrics
    },
    kill: async () => void (await end('SIGKILL')),
    async stop() {
      const code = await end('SIGTERM')
      // What the engine's library does after main() is not ours: it has crashed there once in hundreds of ends, all closed.
      if (code !== 0 && !stopped) throw new Error(`the store ended with ${code ?? child.signalCode}`)
    },
  }
}
