import type { Registry } from 'prom-client'
import type { Component, Logger } from '../model/ports.js'
import type { RoleState } from './supervisor.js'

/** What a role process is given besides its configuration. */
export interface RoleIo {
  readonly logger: Logger
  /** The process's metrics; the web role gathers those of all roles. */
  readonly metrics: Registry
  /** Tells the supervisor something (`{ port: 8123 }`), shown or used by the command that started the roles. */
  report(fields: Readonly<Record<string, unknown>>): void
  /** The roles of this machine, with their metrics. */
  survey(): Promise<readonly RoleState[]>
}

/** Builds and starts one role; resolves when it is ready to work. */
export type RunRole<Config> = (config: Config, io: RoleIo) => Promise<Component>
