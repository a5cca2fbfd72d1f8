import {
  type ControllerContract,
  type ControllerRequest,
  type ControllerWorld,
  jsonOf,
  type Reply,
  refused,
} from '../controller.js'

const credentials = { username: 'vigie', password: 'nuage-secret-5' }
const BASIC = `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')}`

interface Search {
  readonly size?: number
  readonly query?: { range?: { timestamp?: { gte?: number; lt?: number } } }
  readonly sort?: unknown
  readonly search_after?: readonly [number, string]
}

/** A search by time, in the order of time and id; `search_after` takes up behind a document. */
function answer(request: ControllerRequest, { data }: ControllerWorld): Reply {
  const { method, path, headers } = request
  if (headers.authorization !== BASIC) return refused(401)
  const index = /^\/(nuage_\w+)-\*\/_search$/.exec(path)?.[1]
  if (index === undefined || method !== 'POST') return refused(404)
  const search = jsonOf(request) as Search
  const { gte, lt } = search.query?.range?.timestamp ?? {}
  if (gte === undefined || lt === undefined || !Array.isArray(search.sort)) return refused(400)
  const all = data.rows(index, gte, lt).map((source, i) => {
    const { timestamp } = source as { timestamp: number }
    const id = `${timestamp}-${String(i).padStart(6, '0')}`
    return { _index: `${index}-1`, _id: id, _source: source, sort: [timestamp, id] as const }
  })
  all.sort((a, b) => a.sort[0] - b.sort[0] || (a._id < b._id ? -1 : 1))
  const after = search.search_after
  const rest =
    after === undefined
      ? all
      : all.filter(({ sort }) => sort[0] > after[0] || (sort[0] === after[0] && sort[1] > after[1]))
  return {
    body: {
      took: 1,
      hits: { total: all.length, hits: rest.slice(0, search.size ?? 10) },
    },
  }
}

/** The Elasticsearch of Nokia Nuage VNS, by https://documentation.nokia.com/nuage-vsp/. */
export const nokiaNuageController: ControllerContract = {
  id: 'nokia-nuage',
  credentials,
  options: {},
  answer,
}
