import type { FindingAction } from '../../model/finding.js'
import { NativeRows } from './native_rows.js'

const ACTIONS = new NativeRows({
  finding: 'String',
  time: 'DateTime64(3)',
  action: 'String',
  verdict: 'String',
  by: 'String',
  origin: 'String',
  until: 'DateTime64(3)',
  incident: 'String',
  org: 'String',
  comment: 'String',
})

/** One Native block of rows of `vigie.finding_actions`. */
export const encodeActions = (actions: readonly FindingAction[]): Uint8Array =>
  ACTIONS.encode(
    actions.map(({ finding, time, action, verdict, by, origin, until, incident, org, comment }) => ({
      finding,
      time,
      action,
      verdict,
      by,
      origin,
      until,
      incident,
      org,
      comment,
    })),
  )
