import { randomUUID } from 'node:crypto'
import type { FindingDesk } from '../dashboards/viewer/server/finding_desk.js'
import { NatsFindingFeedback } from '../ingest/bus/finding_feedback.js'
import type { FindingAction } from '../model/finding.js'
import type { Logger } from '../model/ports.js'
import { askItsm } from './ask_itsm.js'
import type { LazyBus } from './lazy_bus.js'

/**
 * What the viewer has done about findings: marks go to detection, the rest to the service desk; all of it is written down
 * behind them, so that the record holds what was done and nothing else.
 */
export function findingDesk(lazy: LazyBus, logger: Logger): FindingDesk {
  const note = async (action: FindingAction): Promise<void> =>
    new NatsFindingFeedback({ bus: await lazy.bus(), logger }).note(action)
  return {
    async mark(mark) {
      await new NatsFindingFeedback({ bus: await lazy.bus(), logger }).give([mark])
    },
    async acknowledge({ finding, incident, by, origin, time, org, comment }) {
      const words = comment === undefined ? {} : { comment }
      await askItsm(await lazy.bus(), {
        ask: 'event',
        by,
        event: { id: randomUUID(), incident, time, acknowledged: true, ...words },
      })
      await note({
        finding,
        action: 'acknowledge',
        by,
        origin,
        time,
        incident,
        ...(org !== undefined && { org }),
        ...words,
      })
    },
    async silence({ finding, by, origin, time, org, site, service, until, comment = '' }) {
      const what = { ...(org !== undefined && { org }), ...(site !== undefined && { site }), service }
      await askItsm(await lazy.bus(), {
        ask: 'silence',
        silence: { id: randomUUID().slice(0, 8), ...what, untilMs: until, by, comment },
      })
      await note({
        finding,
        action: 'silence',
        by,
        origin,
        time,
        until,
        ...(org !== undefined && { org }),
        ...(comment !== '' && { comment }),
      })
    },
  }
}
