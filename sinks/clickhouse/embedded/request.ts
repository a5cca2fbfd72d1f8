import type { IncomingMessage } from 'node:http'
import { storeError } from './http_error.js'

/** A request as ClickHouse reads it: everything but query text and data that stand in the body. */
export interface QueryRequest {
  readonly query: string
  /** '' leaves the database as it is. */
  readonly database: string
  /** Format of the answer where the query names none. */
  readonly format: string
  readonly queryId: string | undefined
  readonly settings: Readonly<Record<string, string>>
  readonly parameters: Readonly<Record<string, string>>
  readonly session:
    | { readonly id: string; readonly timeoutS: number; readonly mustExist: boolean }
    | undefined
  /** Compression of the answer that the client wants, best first. */
  readonly encodings: readonly string[]
  readonly compressionLevel: number
  /** The answer is held back until the query is done. */
  readonly waitEnd: boolean
  /** Bytes of the answer to hold back; undefined: as the store is configured. */
  readonly bufferBytes: number | undefined
  readonly progress: boolean
  /** Revision of the native protocol that Native blocks are to be written in; 0: none. */
  readonly revision: number
  /** GET and HEAD change nothing. */
  readonly safe: boolean
}

/** Words of the URL that mean something to the interface and nothing to the engine. */
const OWN_WORDS = new Set(
  `query database default_format query_id user password quota_key session_id session_timeout session_check
  close_session enable_http_compression http_zlib_compression_level compress decompress stacktrace wait_end_of_query
  buffer_size role client_protocol_version send_progress_in_http_headers http_headers_progress_interval_ms
  add_http_cors_header http_response_buffer_size http_wait_end_of_query http_write_exception_in_output_format
  cancel_http_readonly_queries_on_client_close`.split(/\s+/),
)

/** Ways of compression that both this interface and the engine name, in the order in which ClickHouse prefers them. */
const ENCODINGS = ['br', 'gzip', 'deflate', 'xz', 'zstd', 'lz4', 'snappy', 'bz2']
const SESSION_SECONDS = 60
const SESSION_SECONDS_MAX = 3600
const COMPRESSION_LEVEL = 3

/** A header's one value. */
export function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name]
  return Array.isArray(value) ? value[0] : value
}

const on = (value: string | null): boolean =>
  value !== null && value !== '' && value !== '0' && value !== 'false'

/**
 * Reads the URL and the headers of a request; `extra` are fields of a form in its body, which count as the URL's.
 * @throws HttpError when a word of the URL cannot be
 */
export function readRequest(
  request: IncomingMessage,
  url: URL,
  extra: Iterable<[string, string]> = [],
): QueryRequest {
  const words = new URLSearchParams([...url.searchParams, ...extra])
  const settings: Record<string, string> = {}
  const parameters: Record<string, string> = {}
  for (const [name, value] of words) {
    if (name.startsWith('param_')) parameters[name.slice('param_'.length)] = value
    else if (!OWN_WORDS.has(name)) settings[name] = value
  }
  for (const blocks of ['compress', 'decompress']) {
    if (on(words.get(blocks)))
      throw storeError(
        48,
        'NOT_IMPLEMENTED',
        `The embedded store knows no ${blocks}=1: use HTTP compression.`,
      )
  }
  const accepted = on(words.get('enable_http_compression')) ? (header(request, 'accept-encoding') ?? '') : ''
  const buffer = words.get('buffer_size') ?? words.get('http_response_buffer_size')
  return {
    query: words.get('query') ?? '',
    database: words.get('database') ?? header(request, 'x-clickhouse-database') ?? '',
    format: words.get('default_format') ?? header(request, 'x-clickhouse-format') ?? 'TabSeparated',
    queryId: words.get('query_id') ?? header(request, 'x-clickhouse-query-id'),
    settings,
    parameters,
    session: sessionOf(words),
    encodings: ENCODINGS.filter((way) => new RegExp(`\\b${way}\\b`).test(accepted)),
    compressionLevel:
      Number(words.get('http_zlib_compression_level') ?? COMPRESSION_LEVEL) || COMPRESSION_LEVEL,
    waitEnd: on(words.get('wait_end_of_query')) || on(words.get('http_wait_end_of_query')),
    bufferBytes: buffer === null ? undefined : Number(buffer) || 0,
    progress: on(words.get('send_progress_in_http_headers')),
    revision: Number(words.get('client_protocol_version') ?? 0) || 0,
    safe: request.method === 'GET' || request.method === 'HEAD',
  }
}

function sessionOf(words: URLSearchParams): QueryRequest['session'] {
  const id = words.get('session_id')
  if (id === null || id === '') return undefined
  const said = words.get('session_timeout')
  const timeoutS = Number(said ?? SESSION_SECONDS)
  if (!Number.isInteger(timeoutS) || timeoutS < 0 || timeoutS > SESSION_SECONDS_MAX) {
    const message = `Invalid session timeout: '${said}', the maximum is ${SESSION_SECONDS_MAX}.`
    throw storeError(374, 'INVALID_SESSION_TIMEOUT', message)
  }
  return { id, timeoutS, mustExist: on(words.get('session_check')) }
}
