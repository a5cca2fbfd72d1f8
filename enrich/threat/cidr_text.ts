import { type FeedContent, type FeedDefaults, FeedReading } from './indicator.js'

/**
 * A list of addresses and prefixes, one a line: what is behind the first blank, comma, `;` or `#` is a comment,
 * and becomes the indicator's name. Lines that begin with `#`, `;` or `//` are comments altogether.
 */
export function readCidrText(text: string, defaults: FeedDefaults, max: number): FeedContent {
  const reading = new FeedReading(max)
  const { severityId, confidence } = defaults
  const rest = confidence === undefined ? { severityId } : { severityId, confidence }
  for (let from = 0; from < text.length; ) {
    const newline = text.indexOf('\n', from)
    const end = newline < 0 ? text.length : newline
    const line = text.slice(from, end).trim()
    from = end + 1
    if (line === '' || line.startsWith('#') || line.startsWith(';') || line.startsWith('//')) continue
    const behind = line.search(/[\s,;#]/)
    const value = behind < 0 ? line : line.slice(0, behind)
    const name =
      behind < 0
        ? ''
        : line
            .slice(behind)
            .replace(/^[\s,;#]+/, '')
            .replaceAll('\x22', '')
    reading.add(value.replaceAll('"', ''), { id: '', name, ...rest })
  }
  return reading.content()
}
