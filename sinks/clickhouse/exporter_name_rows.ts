import type { ExporterName } from '../../model/exporter_name.js'
import { NativeRows } from './native_rows.js'

const NAMES = new NativeRows<keyof ExporterName>({
  exporter_addr: 'String',
  kind: 'String',
  key: 'UInt64',
  name: 'String',
  seen: 'DateTime64(3)',
})

/** One Native block of rows of `vigie.exporter_names`. */
export const encodeExporterNames = (rows: readonly ExporterName[]): Uint8Array =>
  NAMES.encode(rows.map((row) => ({ ...row })))
