import { isIP } from 'node:net'
import snmp from 'net-snmp'
import { PollFault } from '../fault.js'
import type { SnmpConfig } from './config.js'
import type { SnmpCells, SnmpColumn } from './tables.js'

/** Cells of one table at most. */
const CELLS_MAX = 50_000

type Session = ReturnType<typeof snmp.createSession>

/** Asks one agent, on a socket that lives as long as this does. */
export class AgentSession {
  readonly #config: SnmpConfig
  readonly #session: Session
  #failed: Error | undefined

  /** @param credentials `community`, or `user`, `auth_key`, `priv_key` */
  constructor(config: SnmpConfig, credentials: Readonly<Record<string, string>>) {
    this.#config = config
    this.#session = open(config, credentials)
    // What comes that is no answer must not end the process.
    this.#session.on('error', (error: Error) => {
      this.#failed = error
    })
  }

  close(): void {
    this.#session.close()
  }

  /** Cells of columns, column by column. @throws PollFault */
  async cells(columns: readonly SnmpColumn[]): Promise<SnmpCells> {
    const cells: Record<string, string | number> = {}
    let count = 0
    for (const { oid, name } of columns) {
      await this.#subtree(oid, (suffix, value) => {
        if (++count > CELLS_MAX)
          throw new PollFault('too_large', `${this.#config.host}: more than ${CELLS_MAX} cells in a table`)
        cells[`${name}.${suffix}`] = value
      })
    }
    return cells
  }

  #subtree(oid: string, take: (suffix: string, value: string | number) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const feed = (varbinds: { oid: string; type?: number; value?: unknown }[]): boolean => {
        try {
          for (const varbind of varbinds) {
            if (snmp.isVarbindError(varbind as never) || !varbind.oid.startsWith(`${oid}.`)) continue
            take(varbind.oid.slice(oid.length + 1), valueOfVarbind(varbind))
          }
          return false
        } catch (error) {
          reject(error)
          return true
        }
      }
      const done = (error: Error | null): void => {
        if (error) reject(this.#faultOf(this.#failed ?? error))
        else resolve()
      }
      this.#session.subtree(oid, this.#config.max_repetitions, feed as never, done)
    })
  }

  #faultOf(error: Error): PollFault {
    const { host } = this.#config
    if (error instanceof PollFault) return error
    if (error.name === 'RequestTimedOutError')
      return new PollFault('slow', `${host}: no answer by SNMP: is the community or the user known to it?`)
    if (/Authentication|Unknown user|Unsupported security|not in time|digest/i.test(error.message))
      return new PollFault('login', `${host}: refused by SNMP: check user and keys`)
    return new PollFault('unreachable', `${host}: ${error.name} by SNMP`)
  }
}

function open(config: SnmpConfig, credentials: Readonly<Record<string, string>>): Session {
  const { host, port, version, timeout_s, retries } = config
  const common = {
    port,
    timeout: timeout_s * 1000,
    retries,
    backoff: 1,
    transport: isIP(host) === 6 ? ('udp6' as const) : ('udp4' as const),
    idBitsSize: 32,
  }
  if (version === '2c')
    return snmp.createSession(host, credentials.community!, { ...common, version: snmp.Version2c })
  const user = {
    name: credentials.user!,
    level: snmp.SecurityLevel.authPriv,
    authProtocol: snmp.AuthProtocols[config.auth_protocol],
    authKey: credentials.auth_key!,
    privProtocol: snmp.PrivProtocols[config.priv_protocol],
    privKey: credentials.priv_key!,
  }
  return snmp.createV3Session(host, user as never, { ...common, version: snmp.Version3 })
}

/** Texts are bytes, counters of 64 bits too. */
function valueOfVarbind({ type, value }: { type?: number; value?: unknown }): string | number {
  if (type === snmp.ObjectType.Counter64 && Buffer.isBuffer(value))
    return BigInt(`0x${value.toString('hex') || '0'}`).toString()
  if (Buffer.isBuffer(value)) return value.toString('utf8').replaceAll('\u0000', '')
  return typeof value === 'number' ? value : String(value)
}
