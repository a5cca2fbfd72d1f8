/** Fields of a line by name. */
export type KeyValues = ReadonlyMap<string, string>

/** Fields a line may have; more are not read. */
const FIELDS_MAX = 512

const PAIR = /([A-Za-z_][\w.-]*)=(?:"([^"\\]*(?:\\.[^"\\]*)*)"|([^\s"]*))/g

/**
 * `key=value key="a value"`, as firewalls write their syslog; what is before and between pairs is passed
 * over.
 */
export function keyValuesOf(line: string): KeyValues {
  const fields = new Map<string, string>()
  for (const [, key, quoted, bare] of line.matchAll(PAIR)) {
    if (fields.size >= FIELDS_MAX) break
    fields.set(key!, quoted === undefined ? bare! : quoted.replace(/\\(.)/g, '$1'))
  }
  return fields
}

const COMMA_PAIR = /(?:^|,)\s*([A-Za-z_]\w*)=(?:"([^"]*)"|([^,]*))/g

/** `key=value, key="a, b", key=`, as Versa writes its logs: values end at a comma unless quoted. */
export function commaKeyValuesOf(text: string): KeyValues {
  const fields = new Map<string, string>()
  for (const [, key, quoted, bare] of text.matchAll(COMMA_PAIR)) {
    if (fields.size >= FIELDS_MAX) break
    fields.set(key!, quoted ?? bare!.trim())
  }
  return fields
}
