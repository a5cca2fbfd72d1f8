import type { Fault } from '../shared/protocol.js'
import { type ActionRequest, type FindingAnswer, TOKEN_HEADER } from '../shared/triage.js'
import { ServerFault } from './api.js'
import type { Page } from './page.js'

const addressOf = (page: Page, uid: string, what = ''): string =>
  `/api/v1/findings/${encodeURIComponent(uid)}${what}?lang=${page.data.lang}`

async function ask(page: Page, path: string, options: RequestInit): Promise<unknown> {
  let answer: Response
  try {
    answer = await fetch(path, options)
  } catch (error) {
    if (options.signal?.aborted) throw error
    throw new ServerFault(page.text('offline'))
  }
  if (answer.ok) return answer.json()
  const fault = (await answer.json().catch(() => undefined)) as Fault | undefined
  throw new ServerFault(fault?.error ?? page.text('failed'))
}

/** All that there is on one finding. */
export const fetchFinding = (page: Page, uid: string, signal: AbortSignal): Promise<FindingAnswer> =>
  ask(page, addressOf(page, uid), {
    signal,
    headers: { accept: 'application/json' },
  }) as Promise<FindingAnswer>

/** Does something about a finding. */
export async function actOn(page: Page, uid: string, action: ActionRequest): Promise<void> {
  const { rights } = page.data
  await ask(page, addressOf(page, uid, '/actions'), {
    method: 'POST',
    headers: { 'content-type': 'application/json', [TOKEN_HEADER]: rights.act ? rights.token : '' },
    body: JSON.stringify(action),
  })
}
