import { Registry } from 'prom-client'
import * as assert from 'uvu/assert'
import type { Logger } from '../../../../model/ports.js'
import {
  type Delivery,
  type DeliveryContext,
  type DeliveryReceipt,
  RefusedError,
  RetryableError,
  type Target,
  type TargetDeps,
  type TargetKind,
  UnauthorisedError,
} from '../../../../sinks/itsm/target.js'

/** What a target needs, as the outbox would give it; everything that was logged is kept. */
export class TargetFixture {
  readonly secrets = new Map<string, string>()
  readonly logged: string[] = []
  now = Date.UTC(2026, 10, 22)

  readonly deps: TargetDeps = {
    secret: (reference) => {
      const value = this.secrets.get(reference)
      if (value === undefined) throw new UnauthorisedError(`no secret at ${reference}`)
      return value
    },
    logger: this.#logger(),
    metrics: new Registry(),
    clock: { nowMs: () => this.now },
  }

  /** Makes a target from its configuration as a user writes it. */
  make<C>(kind: TargetKind<C>, config: object): Target {
    return kind.create(kind.config.parse(config), this.deps)
  }

  #logger(): Logger {
    const log = (fields: object, message: string): void => {
      this.logged.push(`${message} ${JSON.stringify(fields)}`)
    }
    return { debug: log, info: log, warn: log, error: log }
  }
}

export const context = (): DeliveryContext => ({ signal: new AbortController().signal })

export const deliver = (target: Target, delivery: Delivery): Promise<DeliveryReceipt> =>
  target.deliver(delivery, context())

type ErrorClass = typeof RetryableError | typeof RefusedError | typeof UnauthorisedError

/** The error that a delivery ends with, which must be of this class. */
export async function failure(
  promise: Promise<unknown>,
  type: ErrorClass,
): Promise<RetryableError | RefusedError | UnauthorisedError> {
  try {
    await promise
  } catch (error) {
    assert.instance(error, type, `${(error as Error).name}: ${(error as Error).message}`)
    return error as RetryableError
  }
  throw new Error(`nothing failed, a ${type.name} was awaited`)
}

export { RefusedError, RetryableError, UnauthorisedError }
