/** What a statement is, as far as the HTTP interface must know it. Offsets count bytes. */
export interface Statement {
  /** First word in capitals; '' for an empty text. */
  readonly verb: string
  /** `rows`: it answers with rows. `data`: an INSERT whose data follows. `other`: all else. */
  readonly kind: 'rows' | 'data' | 'other'
  /** The format named in the statement. */
  readonly format: string | undefined
  /** Where the statement ends, without a closing semicolon. */
  readonly end: number
  /** Where `INTO OUTFILE` (rows) or `FROM INFILE` (data) goes. */
  readonly fileAt: number
  /** Where FORMAT or VALUES begins and ends; both `end` without one. */
  readonly formatAt: number
  readonly formatEnd: number
  /** Where the data of an INSERT begins. */
  readonly dataAt: number
  /** Names a file of its own: `INTO OUTFILE`, `FROM INFILE`. */
  readonly file: 'INTO OUTFILE' | 'FROM INFILE' | undefined
  /** A second statement follows, here. */
  readonly secondAt: number | undefined
}

export interface Token {
  readonly kind: 'word' | 'text' | 'sign'
  /** Words in capitals, signs as they are. */
  readonly value: string
  readonly start: number
  readonly end: number
  /** How many brackets are open around it. */
  readonly depth: number
}

const ROWS = new Set(
  'SELECT WITH SHOW DESCRIBE DESC EXPLAIN EXISTS FROM CHECK KILL BACKUP RESTORE VALUES TABLE'.split(' '),
)

/** White space, comments; a text in quotes or a heredoc; a word; any one sign. In the order in which they are tried. */
const TOKEN =
  /(\s+|--[^\n]*|#[! ][^\n]*|\/\*[\s\S]*?(?:\*\/|$))|('(?:[^'\\]|\\[\s\S]|'')*(?:'|$)|`(?:[^`\\]|\\[\s\S]|``)*(?:`|$)|"(?:[^"\\]|\\[\s\S]|"")*(?:"|$)|(\$\w*\$)[\s\S]*?(?:\3|$))|([A-Za-z_\x80-\xff][\w\x80-\xff]*)|([\s\S])/y

/** The words, texts and signs of a statement, without white space and comments. */
export function* tokens(sql: string): Generator<Token> {
  let depth = 0
  const scan = new RegExp(TOKEN)
  for (let at = 0; at < sql.length; at = scan.lastIndex) {
    scan.lastIndex = at
    const found = scan.exec(sql)
    if (found === null) return
    const [value, space, text, , word] = found
    if (space !== undefined) continue
    if (value === ')' || value === ']' || value === '}') depth = Math.max(0, depth - 1)
    const kind = text !== undefined ? 'text' : word !== undefined ? 'word' : 'sign'
    const shown = kind === 'word' ? value.toUpperCase() : value
    yield { kind, value: shown, start: at, end: scan.lastIndex, depth }
    if (value === '(' || value === '[' || value === '{') depth++
  }
}

/**
 * Reads the first statement of a text. Texts are given as latin1, a character a byte, since binary data may follow.
 * It finds what concerns the interface and nothing more: the engine parses the statement itself.
 */
export function readStatement(sql: string): Statement {
  const seen: Token[] = []
  let end: number | undefined
  let secondAt: number | undefined
  let verb = ''
  for (const token of tokens(sql)) {
    if (end !== undefined) {
      if (token.value !== ';') secondAt = token.start
      if (token.value !== ';') break
      continue
    }
    if (token.value === ';' && token.depth === 0) {
      end = token.start
      continue
    }
    seen.push(token)
    if (verb === '' && token.kind === 'word') verb = token.value
    const data = verb === 'INSERT' && token.depth === 0 ? insertData(sql, seen) : undefined
    if (data !== undefined) return data
  }
  const last = seen.at(-1)
  return rowsOrOther(sql, seen, verb, Math.min(end ?? sql.length, last?.end ?? 0), secondAt)
}

/** The INSERT that its newest token completes, with its data behind it. */
function insertData(sql: string, seen: readonly Token[]): Statement | undefined {
  const [before, token] = seen.slice(-2)
  if (before === undefined || token === undefined || before.depth !== 0) return undefined
  const values = token.value === 'VALUES' && (before.kind !== 'sign' || before.value === ')')
  const named = before.value === 'FORMAT' && token.kind === 'word' && seen.length > 3
  if ((!values && !named) || seen.some(({ value, depth }) => depth === 0 && /^(SELECT|WITH)$/.test(value)))
    return undefined
  const start = values ? token.start : before.start
  const settings = seen.find(({ value, depth }) => value === 'SETTINGS' && depth === 0)
  return {
    verb: 'INSERT',
    kind: 'data',
    format: values ? 'Values' : sql.slice(token.start, token.end),
    end: token.end,
    fileAt: Math.min(start, settings?.start ?? start),
    formatAt: start,
    formatEnd: token.end,
    dataAt: token.end + (/^[ \t\f]*(?:\r?\n)?/.exec(sql.slice(token.end, token.end + 64))?.[0].length ?? 0),
    file: seen.some(({ value, depth }) => depth === 0 && value === 'INFILE') ? 'FROM INFILE' : undefined,
    secondAt: undefined,
  }
}

function rowsOrOther(
  sql: string,
  seen: readonly Token[],
  verb: string,
  end: number,
  secondAt: number | undefined,
): Statement {
  const top = seen.filter(({ depth }) => depth === 0)
  const at = top.findLastIndex(
    ({ value }, i) =>
      value === 'FORMAT' &&
      top[i + 1]?.kind === 'word' &&
      (top[i + 2] === undefined || top[i + 2]!.value === 'SETTINGS'),
  )
  const [word, name] = at < 0 ? [] : [top[at], top[at + 1]]
  const outfile = top.some(({ value }, i) => value === 'OUTFILE' && top[i - 1]?.value === 'INTO')
  const infile = verb === 'INSERT' && top.some(({ value }) => value === 'INFILE')
  return {
    verb,
    kind: ROWS.has(verb) || (verb !== '' && seen[0]!.value === '(') ? 'rows' : 'other',
    format: name === undefined ? undefined : sql.slice(name.start, name.end),
    end,
    fileAt: word?.start ?? end,
    formatAt: word?.start ?? end,
    formatEnd: name?.end ?? end,
    dataAt: end,
    file: outfile ? 'INTO OUTFILE' : infile ? 'FROM INFILE' : undefined,
    secondAt,
  }
}
