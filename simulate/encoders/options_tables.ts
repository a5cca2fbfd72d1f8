import { SERVICES } from '../services.js'
import { type OptionsTable, options, SCOPE } from './template.js'
import type { Writer } from './writer.js'

/** Options that several vendors send in the same way. */

/** NetFlow v9 interface table, as IOS XE sends it: scope system → 10 index, 82 name, 83 description. */
export const interfaceTable9 = (id: number): OptionsTable => ({
  id,
  scopes: [options(SCOPE.system, 4)],
  fields: [options(10, 4), options(82, 33), options(83, 65)],
  records: (x) =>
    x.interfaces.map(({ index, name }, i) => (w: Writer) => {
      w.u32(x.address)
      w.u32(index)
      w.text(name, 33)
      w.text(i === 0 ? 'LAN' : `WAN ${i}`, 65)
    }),
})

const application = (w: Writer, appId: string): void => {
  const [engine, selector] = appId.split(':')
  w.u8(Number(engine))
  w.uint(Number(selector), 3)
}

/** One entry an application id: several services may share one. */
const APPLICATIONS = [...new Map(SERVICES.map((s) => [s.appId, s])).values()]

/** NetFlow v9 application table (RFC 6759): scope system → 95 id, 96 name, 94 description. */
export const applicationTable9 = (id: number): OptionsTable => ({
  id,
  scopes: [options(SCOPE.system, 4)],
  fields: [options(95, 4), options(96, 24), options(94, 55)],
  records: (x) =>
    APPLICATIONS.map((service) => (w: Writer) => {
      w.u32(x.address)
      application(w, service.appId)
      w.text(service.id, 24)
      w.text(service.name.en, 55)
    }),
})

/** IPFIX application table: scope 95 → 96 name, 94 description. */
export const applicationTable = (id: number): OptionsTable => ({
  id,
  scopes: [options(95, 4)],
  fields: [options(96, 24), options(94, 55)],
  records: () =>
    APPLICATIONS.map((service) => (w: Writer) => {
      application(w, service.appId)
      w.text(service.id, 24)
      w.text(service.name.en, 55)
    }),
})

/** IPFIX interface table: scope 10 ingressInterface → 82 name. */
export const interfaceTable = (id: number): OptionsTable => ({
  id,
  scopes: [options(10, 4)],
  fields: [options(82, 32)],
  records: (x) =>
    x.interfaces.map(({ index, name }) => (w: Writer) => {
      w.u32(index)
      w.text(name, 32)
    }),
})
