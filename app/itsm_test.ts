import { randomBytes } from 'node:crypto'
import { Registry } from 'prom-client'
import { EMPTY_SNAPSHOT } from '../model/registry.js'
import { networkOf } from '../sinks/itsm/network.js'
import { type OpenTarget, openTarget, ticketWords } from '../sinks/itsm/outbox.js'
import type { DeliveryReceipt } from '../sinks/itsm/target.js'
import { testIncident } from '../sinks/itsm/test_incident.js'
import { UsageError } from './io.js'
import type { ItsmCall } from './itsm_command.js'
import { ITSM_TEXTS } from './itsm_texts.js'
import { createLogger } from './logger.js'
import { serviceTitle } from './service_titles.js'

/** `vigie itsm test TARGET`: a marked incident goes to one target and is resolved there; nothing else hears of it. */
export async function testTarget({ config, io, lang }: ItsmCall, name: string | undefined): Promise<number> {
  const texts = ITSM_TEXTS[lang]
  const own = name === undefined ? undefined : config.itsm.targets[name]
  if (name === undefined || own === undefined)
    throw new UsageError(texts.targets(Object.keys(config.itsm.targets).join(', ')))
  const open = openTarget(name, own, {
    env: io.env,
    clock: { nowMs: () => Date.now() },
    logger: createLogger('vigie itsm', 'error'),
    metrics: new Registry(),
  })
  io.stdout.write(`${texts.testing(name)}\n`)
  const words = ticketWords(config.itsm, () => networkOf(EMPTY_SNAPSHOT), serviceTitle)
  const nonce = randomBytes(16).toString('hex')
  const tell = async (kind: 'open' | 'resolve', before?: DeliveryReceipt): Promise<DeliveryReceipt> => {
    const incident = testIncident(nonce, kind, Date.now(), { lang, target: name })
    const transition = incident.history.at(-1)!
    return deliver(open, own.outbox.timeout_ms, {
      kind,
      transition,
      incident,
      text: words(incident, [transition]),
      idempotencyKey: `${incident.uid}.${kind}`,
      attempt: 1,
      mayExist: false,
      ...(before && { remote: { id: before.id, number: before.number } }),
    })
  }
  try {
    const said = await open.target.check?.({ signal: AbortSignal.timeout(own.outbox.timeout_ms) })
    if (said !== undefined) io.stdout.write(`${texts.checked(open.conceal(said[lang]))}\n`)
    const opened = await tell('open')
    io.stdout.write(`${texts.opened(opened.number, opened.url ?? '')}\n`)
    await tell('resolve', opened)
    io.stdout.write(`${texts.ended}\n`)
    return 0
  } catch (error) {
    io.stderr.write(
      `${texts.testFailed(open.conceal(error instanceof Error ? error.message : String(error)))}\n`,
    )
    return 1
  } finally {
    await open.target.stop?.()
  }
}

const deliver = (
  { target }: OpenTarget,
  timeoutMs: number,
  delivery: Parameters<OpenTarget['target']['deliver']>[0],
): Promise<DeliveryReceipt> => target.deliver(delivery, { signal: AbortSignal.timeout(timeoutMs) })
