import { type Answer, listOf, objectOf } from '../answer.js'
import type { Feed, PollVendor } from '../poll_vendor.js'
import { basic, rowsAt } from './common.js'

const PAGE_ROWS = 2000
const rows = rowsAt('hits', 'hits')

/** Documents of an index by their time; `search_after` takes up behind the last one, so any page can be asked for again. */
function index(id: string, name: string): Feed {
  return {
    id,
    everyS: 60,
    history: { lagS: 120, lookbackS: 86_400 },
    requests: ({ fromMs, toMs }) => [
      {
        key: name,
        method: 'POST',
        path: `/${name}-*/_search`,
        json: {
          size: PAGE_ROWS,
          query: { range: { timestamp: { gte: fromMs, lt: toMs, format: 'epoch_millis' } } },
          sort: [{ timestamp: 'asc' }, { _id: 'asc' }],
        },
      },
    ],
    next: (answer, request) => {
      const after = lastSort(answer)
      if (rows(answer).length < PAGE_ROWS || after.length === 0) return undefined
      return { ...request, json: { ...objectOf(request.json), search_after: after } }
    },
    rows,
  }
}

const lastSort = (answer: Answer): readonly unknown[] => listOf(objectOf(rows(answer).at(-1)).sort)

/** Nokia Nuage VNS: the Elasticsearch of its statistics. */
export const nokiaNuagePoll: PollVendor = {
  id: 'nokia-nuage',
  adapter: 'nokia-nuage',
  credentials: [['username', 'password']],
  options: {},
  requestsPerS: 5,
  requestsAtOnce: 1,
  feeds: [index('probes', 'nuage_dpi_probestats'), index('violations', 'nuage_dpi_slastats')],
  login: ({ credentials }) => ({ headers: basic(credentials.username!, credentials.password!) }),
  documentation: 'https://documentation.nokia.com/nuage-vsp/',
}
