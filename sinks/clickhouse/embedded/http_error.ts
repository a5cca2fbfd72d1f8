/** An error as ClickHouse's HTTP interface tells it: text with code and name, status, and the code in a header. */
export class HttpError extends Error {
  override readonly name = 'HttpError'
  readonly status: number
  readonly code: number

  constructor(status: number, code: number, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

/** Status by error code, as `exceptionCodeToHTTPStatus` of ClickHouse has it; all others are 500. */
const STATUS: Readonly<Record<number, number>> = {
  6: 400, // CANNOT_PARSE_TEXT
  26: 400, // CANNOT_PARSE_QUOTED_STRING
  27: 400, // CANNOT_PARSE_INPUT_ASSERTION_FAILED
  33: 400, // CANNOT_READ_ALL_DATA
  38: 400, // CANNOT_PARSE_DATE
  41: 400, // CANNOT_PARSE_DATETIME
  42: 400, // NUMBER_OF_ARGUMENTS_DOESNT_MATCH
  43: 400, // ILLEGAL_TYPE_OF_ARGUMENT
  44: 400, // ILLEGAL_COLUMN
  46: 404, // UNKNOWN_FUNCTION
  47: 404, // UNKNOWN_IDENTIFIER
  50: 404, // UNKNOWN_TYPE
  53: 400, // TYPE_MISMATCH
  60: 404, // UNKNOWN_TABLE
  62: 400, // SYNTAX_ERROR
  69: 400, // ARGUMENT_OUT_OF_BOUND
  70: 400, // CANNOT_CONVERT_TYPE
  72: 400, // CANNOT_PARSE_NUMBER
  73: 404, // UNKNOWN_FORMAT
  81: 404, // UNKNOWN_DATABASE
  115: 404, // UNKNOWN_SETTING
  117: 400, // INCORRECT_DATA
  131: 413, // TOO_LARGE_STRING_SIZE
  158: 500, // TOO_MANY_ROWS
  159: 408, // TIMEOUT_EXCEEDED
  164: 500, // READONLY
  192: 403, // UNKNOWN_USER
  193: 403, // WRONG_PASSWORD
  194: 401, // REQUIRED_PASSWORD
  202: 503, // TOO_MANY_SIMULTANEOUS_QUERIES
  457: 400, // BAD_QUERY_PARAMETER
  456: 400, // UNKNOWN_QUERY_PARAMETER
  497: 403, // ACCESS_DENIED
  516: 403, // AUTHENTICATION_FAILED
}

/** The engine's own error, in the words and with the status that a server would give. */
export function fromEngine(error: unknown, version: string): HttpError {
  if (error instanceof HttpError) return error
  const said = (error instanceof Error ? error.message : String(error)).replace(/^Query failed:\s*/, '')
  const text = /Code:\s*(\d+)\.\s*DB::Exception/.exec(said)
  const code = Number(text?.[1] ?? 1002)
  const body =
    text === null ? `Code: 1002. DB::Exception: ${said}. (UNKNOWN_EXCEPTION)` : said.slice(text.index)
  return new HttpError(STATUS[code] ?? 500, code, `${body.trim()} (version ${version} (official build))\n`)
}
