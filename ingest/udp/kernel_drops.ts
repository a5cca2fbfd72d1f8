import { readdir, readFile, readlink } from 'node:fs/promises'

/** A UDP socket as /proc/net/udp and /proc/net/udp6 show it (Linux, Documentation/networking/proc_net_tcp.rst). */
export interface UdpSocketRow {
  readonly inode: number
  readonly port: number
  /** Bytes that wait in the kernel, as it accounts for them. */
  readonly waitingBytes: number
  /** Datagrams dropped since the socket was opened, modulo 2^32. */
  readonly drops: number
}

/**
 * Rows of a /proc/net/udp text:
 *
 * ```
 *   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
 *  281: 0100007F:0807 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 31337 2 ffff… 0
 * ```
 */
export function parseUdpSockets(text: string): UdpSocketRow[] {
  const rows: UdpSocketRow[] = []
  for (const line of text.split('\n').slice(1)) {
    const fields = line.trim().split(/\s+/)
    if (fields.length < 13) continue
    const row = {
      inode: Number(fields[9]),
      port: Number.parseInt(fields[1]!.split(':')[1] ?? '', 16),
      waitingBytes: Number.parseInt(fields[4]!.split(':')[1] ?? '', 16),
      drops: Number(fields[12]),
    }
    if (Object.values(row).every(Number.isFinite)) rows.push(row)
  }
  return rows
}

const U32 = 2 ** 32

/** Follows the kernel's drop counters of this process's UDP sockets. Elsewhere than on Linux it sees none. */
export class KernelDrops {
  readonly #ports: ReadonlySet<number>
  #inodes: ReadonlySet<number> = new Set()
  readonly #seen = new Map<number, number>()

  /** @param ports local ports of the sockets to follow */
  constructor(ports: Iterable<number>) {
    this.#ports = new Set(ports)
  }

  /** Finds the sockets; call it once they are bound. Returns how many were found. */
  async open(): Promise<number> {
    const own = await ownSocketInodes()
    const rows = (await readRows()).filter((row) => this.#ports.has(row.port) && own.has(row.inode))
    this.#inodes = new Set(rows.map((row) => row.inode))
    for (const row of rows) this.#seen.set(row.inode, row.drops)
    return rows.length
  }

  /** Datagrams dropped since the last look, and bytes that wait in the kernel now. */
  async look(): Promise<{ dropped: number; waitingBytes: number }> {
    let dropped = 0
    let waitingBytes = 0
    if (this.#inodes.size === 0) return { dropped, waitingBytes }
    for (const row of await readRows()) {
      if (!this.#inodes.has(row.inode)) continue
      dropped += (row.drops - (this.#seen.get(row.inode) ?? 0) + U32) % U32
      waitingBytes += row.waitingBytes
      this.#seen.set(row.inode, row.drops)
    }
    return { dropped, waitingBytes }
  }
}

async function readRows(): Promise<UdpSocketRow[]> {
  const texts = await Promise.all(
    ['/proc/net/udp', '/proc/net/udp6'].map((path) => readFile(path, 'latin1').catch(() => '')),
  )
  return texts.flatMap(parseUdpSockets)
}

async function ownSocketInodes(): Promise<Set<number>> {
  const folder = '/proc/self/fd'
  const names = await readdir(folder).catch(() => [])
  const links = await Promise.all(names.map((name) => readlink(`${folder}/${name}`).catch(() => '')))
  const inodes = links
    .map((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1])
    .filter((text) => text !== undefined)
  return new Set(inodes.map(Number))
}
