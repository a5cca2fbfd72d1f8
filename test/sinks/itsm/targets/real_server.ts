import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'uvu'

/**
 * A server of another package, run by a test in a temporary directory. A test that needs one is skipped where the package is
 * missing, but not in CI.
 */
export function withPackage(
  tests: Test,
  needed: { readonly files: readonly string[]; readonly packages: string },
  name: string,
  test: () => Promise<void>,
): void {
  const missing = needed.files.filter((file) => !existsSync(file))
  if (missing.length === 0 || process.env.CI) tests(name, test)
  else {
    process.stderr.write(
      `skipped '${name}': ${missing.join(', ')} missing (apt-get install ${needed.packages})\n`,
    )
    tests.skip(name, test)
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

const ASK_AGAIN_MS = 100

/** Asks until there is an answer that will do; gives up with what was said last. */
export async function untilAnswers(
  ask: () => Promise<boolean>,
  what: string,
  timeoutMs = 120_000,
): Promise<void> {
  const end = Date.now() + timeoutMs
  for (;;) {
    if (await ask().catch(() => false)) return
    if (Date.now() > end) throw new Error(`${what} did not come up within ${timeoutMs} ms`)
    await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS))
  }
}

/** A program with a folder of its own, ended with its test. */
export class RealServer {
  readonly dir: string
  #child: ChildProcess | undefined
  #said = ''

  constructor(name: string) {
    this.dir = mkdtempSync(join(tmpdir(), `vigie-${name}-`))
  }

  folder(name: string): string {
    const path = join(this.dir, name)
    mkdirSync(path, { recursive: true })
    return path
  }

  /** Runs a program to its end and gives what it wrote to stdout. */
  async run(program: string, args: readonly string[], env: Record<string, string>): Promise<string> {
    const child = spawn(program, args, {
      env: { ...process.env, ...env },
      cwd: this.dir,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let out = ''
    let err = ''
    child.stdout.on('data', (chunk) => (out += chunk))
    child.stderr.on('data', (chunk) => (err += chunk))
    const [code] = (await once(child, 'close')) as [number | null]
    if (code !== 0) throw new Error(`${program} ended with ${code}:\n${out}\n${err}`)
    return out
  }

  /** Starts a program that stays. */
  start(program: string, args: readonly string[], env: Record<string, string>): void {
    const child = spawn(program, args, {
      env: { ...process.env, ...env },
      cwd: this.dir,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    const keep = (chunk: Buffer): void => {
      this.#said = (this.#said + chunk.toString()).slice(-20_000)
    }
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    this.#child = child
  }

  /** What it wrote last, stdout and stderr together. */
  get said(): string {
    return this.#said
  }

  /** Asks until it answers; fails at once, with what it said, when it ends. */
  async answers(ask: () => Promise<boolean>): Promise<void> {
    const up = async (): Promise<boolean> => this.#ended || (await ask())
    await untilAnswers(up, 'the server').catch((error: Error) => {
      throw new Error(`${error.message}:\n${this.#said}`)
    })
    if (this.#ended) throw new Error(`the server ended:\n${this.#said}`)
  }

  get #ended(): boolean {
    return this.#child !== undefined && this.#child.exitCode !== null
  }

  async stop(): Promise<void> {
    const child = this.#child
    if (child?.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      const closed = once(child, 'close')
      // The whole group: a prefork server's children as well.
      process.kill(-child.pid, 'SIGKILL')
      await closed
    }
    rmSync(this.dir, { recursive: true, force: true })
  }
}
