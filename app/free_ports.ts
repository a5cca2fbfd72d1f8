import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from '../model/ports.js'
import { UsageError } from './io.js'

export interface Port {
  readonly protocol: 'TCP' | 'UDP'
  readonly host: string
  readonly port: number
}

const POLL_MS = 100
const GIVE_UP_MS = 15_000

/** Whether nobody holds the port. An address that this machine does not have counts as free: its owner will say so. */
export function isFree({ protocol, host, port }: Port): Promise<boolean> {
  return new Promise((resolve) => {
    const settle = (error: NodeJS.ErrnoException): void => resolve(error.code !== 'EADDRINUSE')
    if (protocol === 'TCP') {
      const server = createServer().once('error', settle)
      server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)))
    } else {
      const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4').once('error', settle)
      socket.bind({ port, address: host, exclusive: true }, () => socket.close(() => resolve(true)))
    }
  })
}

async function taken(ports: readonly Port[]): Promise<string[]> {
  const free = await Promise.all(ports.map(isFree))
  return ports.filter((_, i) => !free[i]).map(({ protocol, host, port }) => `${protocol} ${host}:${port}`)
}

/**
 * Waits until all ports are free: a Vigie that was told to stop may still be draining.
 * @throws UsageError naming the ports that stay taken
 */
export async function waitForPorts(ports: readonly Port[], logger: Logger): Promise<void> {
  const until = performance.now() + GIVE_UP_MS
  for (let told = false; ; told = true) {
    const busy = await taken(ports)
    if (busy.length === 0) return
    if (performance.now() > until)
      throw new UsageError(
        `${busy.join(', ')} ${busy.length === 1 ? 'is' : 'are'} taken: stop what listens there (another Vigie?), or choose other ports ('vigie config schema' names the settings)`,
      )
    if (!told) logger.warn({ busy }, 'ports are taken; waiting for them')
    await delay(POLL_MS)
  }
}
