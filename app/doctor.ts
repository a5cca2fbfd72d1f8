import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, mkdirSync, readFileSync, statfsSync } from 'node:fs'
import { freemem } from 'node:os'
import type { Bilingual } from '../model/finding.js'
import { isFree } from './free_ports.js'

export type Verdict = 'ok' | 'warning' | 'missing'

/** One thing looked at: what was found and, where it is not well, the command or setting that mends it. */
export interface Diagnosis {
  readonly subject: Bilingual
  readonly verdict: Verdict
  readonly found: string
  readonly remedy?: Bilingual
}

export interface DoctorOptions {
  readonly dataDir: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Ports the pipeline would listen on. */
  readonly udpPorts: readonly number[]
  readonly tcpPorts: readonly number[]
}

const RMEM_WANTED = 33_554_432
const DISK_WANTED = 10 * 2 ** 30
const MEMORY_WANTED = 2 * 2 ** 30
const mib = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`

function node(): Diagnosis {
  const [major, minor] = process.versions.node.split('.').map(Number) as [number, number]
  const ok = major > 20 || (major === 20 && minor >= 15)
  return {
    subject: { fr: 'Node', en: 'Node' },
    verdict: ok ? 'ok' : 'missing',
    found: process.versions.node,
    remedy: { fr: 'installer Node 20.15 ou plus récent', en: 'install Node 20.15 or newer' },
  }
}

function nats(env: DoctorOptions['env']): Diagnosis {
  const subject = { fr: 'NATS avec JetStream', en: 'NATS with JetStream' }
  if (env.NATS_URL) return { subject, verdict: 'ok', found: 'NATS_URL' }
  const asked = spawnSync('nats-server', ['--version'], { encoding: 'utf8' })
  const found = asked.status === 0 ? asked.stdout.trim() : '—'
  const remedy = {
    fr: 'apt-get install nats-server, ou donner NATS_URL',
    en: 'apt-get install nats-server, or give NATS_URL',
  }
  return { subject, verdict: asked.status === 0 ? 'ok' : 'missing', found, remedy }
}

async function engine(env: DoctorOptions['env']): Promise<Diagnosis> {
  const subject = { fr: 'Moteur ClickHouse', en: 'ClickHouse engine' }
  if (env.CLICKHOUSE_URL) return { subject, verdict: 'ok', found: 'CLICKHOUSE_URL' }
  const name = `@chdb/lib-${process.platform}-${process.arch}-gnu`
  const here = existsSync(new URL(`../../node_modules/${name}`, import.meta.url))
  const remedy = {
    fr: `le moteur intégré n’existe pas pour ${process.platform}-${process.arch} : donner CLICKHOUSE_URL`,
    en: `the embedded engine does not exist for ${process.platform}-${process.arch}: give CLICKHOUSE_URL`,
  }
  return { subject, verdict: here ? 'ok' : 'missing', found: here ? 'chDB' : '—', remedy }
}

function socketBuffer(): Diagnosis {
  const path = '/proc/sys/net/core/rmem_max'
  const bytes = existsSync(path) ? Number(readFileSync(path, 'utf8')) : Number.NaN
  const enough = Number.isNaN(bytes) || bytes >= RMEM_WANTED
  return {
    subject: { fr: 'Tampon de réception UDP (rmem_max)', en: 'UDP receive buffer (rmem_max)' },
    verdict: enough ? 'ok' : 'warning',
    found: Number.isNaN(bytes) ? '—' : mib(bytes),
    remedy: {
      fr: `sysctl -w net.core.rmem_max=${RMEM_WANTED} (au-delà de 20 000 datagrammes/s, un tampon court perd les rafales)`,
      en: `sysctl -w net.core.rmem_max=${RMEM_WANTED} (above 20,000 datagrams/s a short buffer loses bursts)`,
    },
  }
}

function disk(dataDir: string): Diagnosis {
  const subject = { fr: `Disque de ${dataDir}`, en: `Disk of ${dataDir}` }
  try {
    mkdirSync(dataDir, { recursive: true })
    accessSync(dataDir, constants.W_OK)
    const { bavail, bsize } = statfsSync(dataDir)
    const remedy = {
      fr: 'libérer de la place, ou placer les données ailleurs (VIGIE_DATA_DIR)',
      en: 'free some room, or put the data elsewhere (VIGIE_DATA_DIR)',
    }
    return {
      subject,
      verdict: bavail * bsize > DISK_WANTED ? 'ok' : 'warning',
      found: mib(bavail * bsize),
      remedy,
    }
  } catch (error) {
    const remedy = {
      fr: 'choisir un dossier accessible : VIGIE_DATA_DIR',
      en: 'choose a writable folder: VIGIE_DATA_DIR',
    }
    return { subject, verdict: 'missing', found: (error as Error).message, remedy }
  }
}

function memory(): Diagnosis {
  const info = existsSync('/proc/meminfo') ? readFileSync('/proc/meminfo', 'utf8') : ''
  const available = Number(/MemAvailable:\s+(\d+)/.exec(info)?.[1] ?? freemem() / 1024) * 1024
  return {
    subject: { fr: 'Mémoire disponible', en: 'Available memory' },
    verdict: available > MEMORY_WANTED ? 'ok' : 'warning',
    found: mib(available),
    remedy: { fr: 'prévoir au moins 2 Gio', en: 'have at least 2 GiB' },
  }
}

async function ports(options: DoctorOptions): Promise<Diagnosis> {
  const busy: string[] = []
  const host = '127.0.0.1'
  for (const port of options.udpPorts)
    if (!(await isFree({ protocol: 'UDP', host, port }))) busy.push(`UDP ${port}`)
  for (const port of options.tcpPorts)
    if (!(await isFree({ protocol: 'TCP', host, port }))) busy.push(`TCP ${port}`)
  return {
    subject: { fr: 'Ports', en: 'Ports' },
    verdict: busy.length === 0 ? 'ok' : 'warning',
    found: busy.length === 0 ? [...options.udpPorts, ...options.tcpPorts].join(', ') : busy.join(', '),
    remedy: {
      fr: 'déjà pris (peut-être par une Vigie en marche) : en choisir d’autres, voir vigie config schema',
      en: 'taken already (by a running Vigie, perhaps): choose others, see vigie config schema',
    },
  }
}

/** Looks at everything the pipeline needs of a machine. */
export async function examine(options: DoctorOptions): Promise<Diagnosis[]> {
  return [
    node(),
    nats(options.env),
    await engine(options.env),
    socketBuffer(),
    disk(options.dataDir),
    memory(),
    await ports(options),
  ]
}
