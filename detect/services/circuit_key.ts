import type { EdgeRecord } from '../../model/edge_record.js'
import type { JoinedRecord } from '../../model/joined_record.js'

type Told = {
  readonly device?: string
  readonly controller?: string
  readonly site?: string
  readonly link?: string
  readonly local?: string
  readonly local_color?: string
}

/** Who tells, as the vendor names it. */
export const deviceOf = (record: EdgeRecord): string => {
  const { device, local, site } = record as Told
  return device ?? local ?? site ?? ''
}

/** The link, as the vendor names it. */
export const linkOf = (record: EdgeRecord): string => {
  const { link, local_color } = record as Told
  return link ?? local_color ?? ''
}

/** Names a device among all: the registry's edge, else as the vendor calls it. */
export const tellerOf = ({ record, edge }: JoinedRecord): string =>
  edge !== ''
    ? `edge:${edge}`
    : [record.vendor, (record as Told).controller ?? '', deviceOf(record)].join('|')

/** Names the underlay link that a record tells of: the registry's, else as the vendor calls it. */
export const circuitKeyOf = (joined: JoinedRecord): string =>
  joined.linkId !== 0 ? `link:${joined.linkId}` : `${tellerOf(joined)}|${linkOf(joined.record)}`
