import { type FakeAnswer, type FakeCall, HttpFake } from './http_fake.js'

/**
 * A strict BMC Helix, made from "Access and authentication for the REST API" (AR System), "/entry/{formName}" (AR System
 * 9.1, 20.02), "The platform REST API references" (Helix ITSM 22.1) and "HelpDesk_Modify_Service" (Service Desk 22.1):
 * a token as plain text, literal choices, no status past Assigned without an assignee, closed incidents take no change,
 * workflow errors as 500 with numbered messages. Of qualifications it reads `=`, `!= $NULL$` and `>=` joined by AND.
 */
type Values = Record<string, string>

const IMPACTS = ['1-Extensive/Widespread', '2-Significant/Large', '3-Moderate/Limited', '4-Minor/Localized']
const URGENCIES = ['1-Critical', '2-High', '3-Medium', '4-Low']
const STATUSES = ['New', 'Assigned', 'In Progress', 'Pending', 'Resolved', 'Closed', 'Cancelled']
const REASONS = [
  'No Further Action Required',
  'Temporary Corrective Action',
  'Supplier Delivery',
  'Customer Follow-Up Required',
]
const REQUIRED = [
  'First_Name',
  'Last_Name',
  'Description',
  'Impact',
  'Urgency',
  'Status',
  'Reported Source',
  'Service_Type',
]
const MODIFIABLE = [
  'z1D Action',
  'Description',
  'Impact',
  'Urgency',
  'Status',
  'Status_Reason',
  'Resolution',
  'Detailed Description',
]

const arError = (status: number, messageNumber: number, messageText: string): FakeAnswer => ({
  status,
  json: [{ messageType: 'ERROR', messageText, messageNumber, messageAppendedText: '' }],
})

export class HelixFake extends HttpFake {
  readonly user = 'vigie'
  readonly password = 'mot/de passe+très secret'
  readonly incidents: Values[] = []
  readonly work: Values[] = []
  logIns = 0
  readonly #tokens = new Set<string>()
  #now = Date.UTC(2026, 10, 22)

  expireTokens(): void {
    this.#tokens.clear()
  }

  /** A person's change. */
  change(number: string, changes: Values, by = 'analyste'): void {
    const found = this.incidents.find((one) => one['Incident Number'] === number)!
    Object.assign(found, changes, { 'Last Modified By': by, 'Last Modified Date': this.#time() })
  }

  protected answer(call: FakeCall): FakeAnswer {
    const { method, path, headers } = call
    if (path === '/api/jwt/login') {
      const form = new URLSearchParams(call.body)
      if (form.get('username') !== this.user || form.get('password') !== this.password)
        return arError(401, 623, 'Authentication failed')
      const token = `aaaa.bbbb.token-${++this.logIns}`
      this.#tokens.add(token)
      return { status: 200, text: token, headers: { 'content-type': 'text/plain' } }
    }
    if (!this.#tokens.has(String(headers.authorization).replace(/^AR-JWT /, '')))
      return arError(401, 623, 'Authentication failed')
    const [form = '', id = ''] = path.replace('/api/arsys/v1/entry/', '').split('/').map(decodeURIComponent)
    if (method === 'GET') return this.#query(form, call.query)
    if (headers['content-type'] !== 'application/json') return { status: 415, text: '' }
    const { values } = JSON.parse(call.body) as { values?: Values }
    if (values === undefined) return arError(400, 8962, 'Invalid JSON')
    if (method === 'POST' && form === 'HPD:IncidentInterface_Create') return this.#create(values, call.query)
    if (method === 'POST' && form === 'HPD:WorkLog') {
      if (!values['Incident Number'] || !values['Work Log Type']) return arError(500, 307, 'Required field')
      this.work.push(values)
      return { status: 201, headers: { location: `${this.url}${path}/WLG1` } }
    }
    if (method === 'PUT' && form === 'HPD:IncidentInterface') return this.#modify(id, values)
    return arError(404, 303, 'Form does not exist on server')
  }

  #create(values: Values, query: URLSearchParams): FakeAnswer {
    if (values.z1D_Action !== 'CREATE') return arError(500, 10000, 'Action')
    for (const name of REQUIRED)
      if (!values[name])
        return arError(500, 307, `Required field (without a default) not specified : ${name}`)
    const wrong = choices(values)
    if (wrong !== undefined) return wrong
    const number = `INC${String(this.incidents.length + 1).padStart(12, '0')}`
    const at = this.#time()
    this.incidents.push({
      'Request ID': `${number}|${number}`,
      'Incident Number': number,
      Assignee: '',
      'Submit Date': at,
      'Last Modified By': this.user,
      'Last Modified Date': at,
      ...values,
    })
    const fields = query.get('fields')
    return fields === 'values(Incident Number)'
      ? { status: 201, json: { values: { 'Incident Number': number } } }
      : { status: 201, text: '' }
  }

  #modify(id: string, values: Values): FakeAnswer {
    const found = this.incidents.find((one) => one['Request ID'] === id)
    if (found === undefined) return arError(404, 302, 'Entry does not exist in database')
    if (values['z1D Action'] !== 'MODIFY') return arError(500, 10000, 'Action')
    for (const name of Object.keys(values))
      if (!MODIFIABLE.includes(name))
        return arError(400, 314, `Field does not exist on current form : ${name}`)
    const wrong = choices(values)
    if (wrong !== undefined) return wrong
    if (found.Status === 'Closed' || found.Status === 'Cancelled')
      return arError(500, 45_000, 'You cannot modify a closed incident')
    const past = ['In Progress', 'Pending'].includes(values.Status ?? '')
    if (past && found.Assignee === '') return arError(500, 44_991, 'You must choose an assignee')
    if (values.Status === 'Resolved' && (!values.Resolution || !values.Status_Reason))
      return arError(500, 44_879, 'The resolution and its status reason are required')
    Object.assign(found, values, { 'Last Modified By': this.user, 'Last Modified Date': this.#time() })
    return { status: 204 }
  }

  #query(form: string, query: URLSearchParams): FakeAnswer {
    const rows =
      form === 'HPD:IncidentInterface' ? this.incidents : form === 'HPD:WorkLog' ? this.work : undefined
    if (rows === undefined) return arError(404, 303, `Form does not exist on server : ${form}`)
    let found = [...rows]
    for (const term of (query.get('q') ?? '').split(' AND ')) {
      const [, name = '', how, value = ''] = /^'([^']+)' (=|!=|>=) (.*)$/.exec(term) ?? []
      if (how === '=') found = found.filter((row) => `"${row[name] ?? ''}"` === value)
      else if (how === '!=' && value === '$NULL$') found = found.filter((row) => !!row[name])
      else if (how === '>=' && /^\d+$/.test(value))
        found = found.filter((row) => Date.parse(row[name]!) >= Number(value) * 1000)
      else return arError(400, 1587, `Error in qualification : ${term}`)
    }
    const [by, down] = (query.get('sort') ?? '').split('.')
    if (by) found.sort((a, b) => (a[by] ?? '').localeCompare(b[by] ?? '') * (down === 'desc' ? -1 : 1))
    const wanted = /^values\((.*)\)$/.exec(query.get('fields') ?? '')?.[1]?.split(',')
    const entries = found.map((row) => ({
      values: Object.fromEntries((wanted ?? Object.keys(row)).map((name) => [name, row[name] ?? null])),
      _links: { self: [{ href: `${this.url}/api/arsys/v1/entry/${form}/x` }] },
    }))
    return { status: 200, json: { entries, _links: {} } }
  }

  #time(): string {
    this.#now += 1000
    return new Date(this.#now).toISOString().replace('Z', '+0000')
  }
}

function choices(values: Values): FakeAnswer | undefined {
  const check = (name: string, list: readonly string[]): FakeAnswer | undefined =>
    values[name] === undefined || list.includes(values[name])
      ? undefined
      : arError(500, 1291, `Invalid value for selection field : ${name} ${values[name]}`)
  if ((values.Description ?? '').length > 100)
    return arError(500, 306, 'Value does not fall within the limits')
  return (
    check('Impact', IMPACTS) ??
    check('Urgency', URGENCIES) ??
    check('Status', STATUSES) ??
    check('Status_Reason', REASONS)
  )
}
