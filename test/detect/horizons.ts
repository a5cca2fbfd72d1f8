import { z } from 'zod'
import { type AnyService, anyService, type Horizon, type HorizonAnalyzer } from '../../detect/service.js'
import { SEVERITIES } from '../../model/finding.js'
import type { StoreRow } from '../../model/ports.js'

/** A horizon that asks for the number of its slot. */
export const toyHorizon = (id: string, everyS: number, rest: Partial<Horizon> = {}): Horizon => ({
  id,
  everyS,
  settleS: 0,
  patienceS: 0,
  catchUp: 1000,
  question: ({ startMs }) => ({
    sql: 'SELECT {slot:UInt64}',
    params: { slot: startMs / 1000 },
    maxRows: 1,
    timeoutMs: 1000,
  }),
  ...rest,
})

/** A service that tells each value that it is answered, and remembers how many there were. */
export function toyService(horizons: readonly Horizon[]): AnyService {
  return anyService({
    id: 'telemetry',
    title: { fr: 'Essai', en: 'Trial' },
    about: { fr: 'Essai.', en: 'Trial.' },
    techniques: [],
    analyticType: 3,
    needs: [],
    betterWith: [],
    parameters: z.strictObject({}),
    horizons: {
      horizons,
      analyzer: (context) => {
        let seen = 0
        const analyzer: HorizonAnalyzer = {
          apply(horizon: string, slot, rows: readonly StoreRow[] | undefined) {
            seen++
            for (const [value] of rows ?? []) {
              context.report({
                key: `${horizon} ${slot.startMs} ${value}`,
                severity: SEVERITIES.low,
                score: 50,
                orgId: 0,
                siteId: 0,
                src: [],
                dst: [],
                firstSeenMs: slot.startMs,
                lastSeenMs: slot.endMs,
                evidence: { horizon, seen, slot: slot.startMs },
                title: { fr: 'Essai', en: 'Trial' },
                magnitude: 1,
                quietMs: 3_600_000,
              })
            }
          },
          evaluate() {},
          snapshot: () => seen,
          restore(state) {
            seen = state as number
          },
        }
        return analyzer
      },
    },
  })
}
