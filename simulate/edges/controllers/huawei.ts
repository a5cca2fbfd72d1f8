import {
  type ControllerContract,
  type ControllerRequest,
  type ControllerWorld,
  jsonOf,
  type Reply,
  refused,
} from '../controller.js'

const credentials = { username: 'vigie@rgt', password: 'huawei-secret-6' }
const REPORTS: Readonly<Record<string, { report: string; unitMs: number }>> = {
  '/controller/campus/v1/simulated/wan-link-quality': { report: 'quality', unitMs: 1000 },
  '/controller/campus/v1/simulated/spr-switch-records': { report: 'switches', unitMs: 1 },
}

function answer(request: ControllerRequest, { memory, data, pageRows }: ControllerWorld): Reply {
  const { method, path, headers, query } = request
  if (path === '/controller/v2/tokens') {
    const { userName, password } = jsonOf(request)
    if (method !== 'POST' || userName !== credentials.username || password !== credentials.password)
      return refused(401, { errcode: '7010050001', errmsg: 'wrong name or password' })
    const token = `x-${memory.next()}`
    memory.sessions.set(token, true)
    return { body: { errcode: '0', errmsg: '', data: { token_id: token, expiredDate: '' } } }
  }
  if (!memory.sessions.has(headers['x-access-token'] ?? '')) return refused(401)
  const known = REPORTS[path]
  if (known === undefined || method !== 'GET') return refused(404)
  const [from, to, page] = ['startTime', 'endTime', 'pageIndex'].map((name) => Number(query.get(name)))
  if (!(from! > 0 && to! > from! && page! >= 1)) return refused(400)
  const all = data.rows(known.report, from! * known.unitMs, (to! + 1) * known.unitMs)
  const size = Math.min(Number(query.get('pageSize') ?? 20), pageRows)
  const rows = all.slice((page! - 1) * size, page! * size)
  return {
    body: { errcode: '0', errmsg: '', pageIndex: page, pageSize: size, total: all.length, data: rows },
  }
}

/** Huawei iMaster NCE-Campus: the login is documented; the paths of the reports are its release's own. */
export const huaweiController: ControllerContract = {
  id: 'huawei',
  credentials,
  options: {
    quality_path: '/controller/campus/v1/simulated/wan-link-quality',
    switches_path: '/controller/campus/v1/simulated/spr-switch-records',
  },
  answer,
}
