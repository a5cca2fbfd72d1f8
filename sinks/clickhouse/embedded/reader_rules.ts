import { storeError } from './http_error.js'
import { tokens } from './sql_text.js'

/**
 * What the engine lets a read-only user call although it goes around the filters of tables, or reads files of this machine: `merge`
 * takes no notice of filters, functions of MergeTree tables show keys and marks of all rows, `file` is an ordinary function
 * too, and a model is a library. All other table functions that leave the tables the engine refuses to readers by itself.
 */
const KEPT_CALLS =
  /^(?:merge|mergetree\w+|timeseries\w+|loop|eval|viewexplain|file\w*|url\w*|remote\w*|cluster\w*|catboostevaluate)$/

/** Tables of the engine itself that clients draw their lists of names from. Others tell what other people ask. */
const SYSTEM_TABLES = new Set(
  `build_options clusters columns completions contributors data_skipping_indices data_type_families databases dictionaries
   disks formats functions keywords macros numbers numbers_mt one parts settings table_engines table_functions tables
   time_zones zeros zeros_mt`.split(/\s+/),
)

const unquoted = (text: string): string => (/^[`"]/.test(text) ? text.slice(1, -1) : text).toLowerCase()

/**
 * Refuses what would show a reader more than its rows. The text is read as the interface reads it, so a name counts wherever
 * it stands, quoted or not.
 * @param sql as latin1, a character a byte
 * @param database the one that the request names for tables without one
 * @throws HttpError 497 ACCESS_DENIED
 */
export function refuseToReaders(sql: string, database: string): void {
  if (unquoted(database) === 'system') throw denied('the database system')
  const seen = [...tokens(sql)]
  seen.forEach(({ kind, value }, i) => {
    const [next, after] = [seen[i + 1]?.value, seen[i + 2]]
    if (kind === 'sign' || value.startsWith("'")) return
    const name = unquoted(value)
    const escaped = value.startsWith('`') || value.startsWith('"') ? value.includes('\\') : false
    if (next === '(' && (escaped || KEPT_CALLS.test(name))) throw denied(`the function ${name}`)
    if (escaped && next === '.') throw denied(`the name ${value}`)
    if (name === 'system' && next === '.' && !isReadable(after?.value))
      throw denied(`system.${unquoted(after?.value ?? '')}`)
    if (name === 'processlist') throw denied('the list of queries')
    // A name that comes as a parameter cannot be looked at here.
    if (name === 'identifier' && next === '}') throw denied('names as parameters')
  })
}

const isReadable = (table: string | undefined): boolean =>
  table !== undefined && !table.includes('\\') && SYSTEM_TABLES.has(unquoted(table))

const denied = (what: string): Error => {
  const message = `A reader may not use ${what}: it shows more than the reader's rows.`
  return storeError(497, 'ACCESS_DENIED', message)
}
