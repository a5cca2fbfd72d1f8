import { linkUrl } from '../shared/fields.js'
import type { Cell, DataLink, Frame } from '../shared/protocol.js'
import type { Page } from './page.js'

/** Where a link of a row leads, on this page's range and variables; undefined where the row does not say. */
export function rowLink(
  page: Page,
  frame: Frame,
  row: readonly Cell[],
  link: DataLink | undefined,
): string | undefined {
  if (link === undefined) return undefined
  return linkUrl(link, {
    range: page.address.rangeQuery(),
    variable: (name) => page.address.variableQuery(name),
    value: (name) => {
      const index = frame.columns.findIndex((column) => column.name === name)
      return index < 0 ? undefined : row[index]
    },
  })
}
