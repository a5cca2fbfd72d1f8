/** An error as ClickHouse's HTTP interface tells it: text with code and name, status, and the code in a header. */
export class HttpError extends Error {
  override readonly name = 'HttpError'
  readonly status: number
  /** ClickHouse's number of the error; 0: none. */
  readonly code: number

  constructor(status: number, code: number, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

/** Codes with another status than 500, by status. Source: ClickHouse, `exceptionCodeToHTTPStatus.cpp`. */
const CODES_BY_STATUS: Readonly<Record<number, readonly number[]>> = {
  // Cannot be parsed, of the wrong type, or not SQL.
  400: [
    6, 8, 15, 25, 26, 27, 36, 37, 38, 41, 44, 53, 62, 72, 117, 123, 167, 168, 223, 321, 376, 427, 441, 675,
    676,
  ],
  401: [194],
  403: [192, 193, 497, 512, 516],
  404: [46, 47, 50, 56, 60, 63, 73, 78, 81, 115, 152, 336, 511],
  408: [159],
  411: [381],
  413: [229],
  415: [779],
  501: [48],
  503: [76, 209, 439],
}
const STATUS = new Map(
  Object.entries(CODES_BY_STATUS).flatMap(([status, codes]) => codes.map((code) => [code, Number(status)])),
)

/** An error of this interface, in the form of the engine's own. */
export function storeError(code: number, name: string, message: string): HttpError {
  return new HttpError(STATUS.get(code) ?? 500, code, `Code: ${code}. DB::Exception: ${message} (${name})`)
}

/** What the engine said, bare of what wraps it: the last of its codes, and the name once. */
export function plainMessage(said: string): { code: number; text: string } {
  const unwrapped = said.replace(/^Query failed:\s*/, '')
  const inner =
    /^(?:Code: \d+\. DB::Exception: )*?(Code: (\d+)\. DB::Exception: (?!Code: \d+\. DB::Exception: )[\s\S]*)$/.exec(
      unwrapped,
    )
  if (inner === null)
    return { code: 1002, text: `Code: 1002. DB::Exception: ${unwrapped} (UNKNOWN_EXCEPTION)` }
  return {
    code: Number(inner[2]),
    text: inner[1]!.trim().replace(/(?: \(version [^()]*(?:\([^()]*\))?\)\.? ?(?:\([A-Z0-9_]+\))?)+$/, ''),
  }
}

/** Any error as the interface tells it. `hide` are texts of this program's own that the user never wrote. */
export function fromEngine(error: unknown, hide: readonly string[] = []): HttpError {
  if (error instanceof HttpError) return error
  const said = plainMessage(error instanceof Error ? error.message : String(error))
  const text = hide.reduce((shown, own) => shown.replaceAll(own, ''), said.text)
  return new HttpError(STATUS.get(said.code) ?? 500, said.code, text)
}
