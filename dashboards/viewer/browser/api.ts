import type { Fault, MarksAnswer, PanelAnswer, VariableAnswer } from '../shared/protocol.js'
import type { Page } from './page.js'

/** Said by the server, or that it says nothing; the message is for the reader. */
export class ServerFault extends Error {
  override readonly name = 'ServerFault'
}

async function get<T>(page: Page, path: string, signal: AbortSignal): Promise<T> {
  let answer: Response
  try {
    answer = await fetch(path, { signal, headers: { accept: 'application/json' } })
  } catch (error) {
    if (signal.aborted) throw error
    throw new ServerFault(page.text('offline'))
  }
  if (answer.ok) return (await answer.json()) as T
  const fault = (await answer.json().catch(() => undefined)) as Fault | undefined
  throw new ServerFault(fault?.error ?? page.text('failed'))
}

const api = (page: Page): string => `/api/v1/dashboards/${encodeURIComponent(page.data.board.uid)}`

/** Rows of a panel, in about `points` buckets. */
export const fetchPanel = (
  page: Page,
  id: number,
  points: number,
  signal: AbortSignal,
): Promise<PanelAnswer> =>
  get(page, `${api(page)}/panels/${id}?points=${points}&${page.address.fullQuery()}`, signal)

/** What happened in the range of the page. */
export const fetchMarks = (page: Page, signal: AbortSignal): Promise<MarksAnswer> =>
  get(page, `${api(page)}/annotations?${page.address.fullQuery()}`, signal)

/** Values that a variable can have. */
export const fetchOptions = (page: Page, name: string, signal: AbortSignal): Promise<VariableAnswer> =>
  get(page, `${api(page)}/variables/${name}?${page.address.fullQuery()}`, signal)
