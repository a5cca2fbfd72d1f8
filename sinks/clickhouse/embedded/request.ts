import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { HttpError } from './http_error.js'

/** A request as ClickHouse reads it: everything but the data. */
export interface QueryRequest {
  readonly query: string
  readonly database: string
  readonly format: string
  readonly queryId: string | undefined
  readonly user: string
  readonly password: string
  readonly settings: Readonly<Record<string, string>>
  readonly parameters: Readonly<Record<string, string>>
  readonly compressAnswer: boolean
  readonly fromGet: boolean
}

/** Words of the URL that are no settings of the engine. */
const OWN_WORDS = new Set([
  'query',
  'database',
  'default_format',
  'query_id',
  'user',
  'password',
  'session_id',
  'session_timeout',
  'session_check',
  'quota_key',
  'enable_http_compression',
  'http_zlib_compression_level',
  'compress',
  'decompress',
  'stacktrace',
  'wait_end_of_query',
  'buffer_size',
  'close_session',
  'role',
  'http_write_exception_in_output_format',
  'send_progress_in_http_headers',
  'http_headers_progress_interval_ms',
  'cancel_http_readonly_queries_on_client_close',
  'http_response_buffer_size',
  'client_protocol_version',
])

const header = (request: IncomingMessage, name: string): string | undefined => {
  const value = request.headers[name]
  return Array.isArray(value) ? value[0] : value
}

function credentials(request: IncomingMessage, url: URL): { user: string; password: string } {
  const basic = /^Basic\s+(.+)$/i.exec(header(request, 'authorization') ?? '')?.[1]
  const [name, ...rest] = basic === undefined ? [] : Buffer.from(basic, 'base64').toString('utf8').split(':')
  const user = header(request, 'x-clickhouse-user') ?? name ?? url.searchParams.get('user') ?? 'default'
  const password = header(request, 'x-clickhouse-key') ?? rest.join(':') ?? ''
  return {
    user: user === '' ? 'default' : user,
    password: password || (url.searchParams.get('password') ?? ''),
  }
}

/** Reads line and headers of a request. */
export function readRequest(request: IncomingMessage): QueryRequest {
  const url = new URL(request.url ?? '/', 'http://store')
  const settings: Record<string, string> = {}
  const parameters: Record<string, string> = {}
  for (const [name, value] of url.searchParams) {
    if (name.startsWith('param_')) parameters[name.slice('param_'.length)] = value
    else if (!OWN_WORDS.has(name)) settings[name] = value
  }
  const accepts = /\bgzip\b/.test(header(request, 'accept-encoding') ?? '')
  return {
    query: url.searchParams.get('query') ?? '',
    database: header(request, 'x-clickhouse-database') ?? url.searchParams.get('database') ?? 'default',
    format:
      header(request, 'x-clickhouse-format') ?? url.searchParams.get('default_format') ?? 'TabSeparated',
    queryId: url.searchParams.get('query_id') ?? header(request, 'x-clickhouse-query-id'),
    ...credentials(request, url),
    settings,
    parameters,
    compressAnswer: accepts && url.searchParams.get('enable_http_compression') === '1',
    fromGet: request.method === 'GET' || request.method === 'HEAD',
  }
}

/** The body of a request, unpacked as its Content-Encoding says. */
export function bodyOf(request: IncomingMessage): Readable {
  const encoding = header(request, 'content-encoding')?.toLowerCase() ?? 'identity'
  const unpack = { gzip: createGunzip, deflate: createInflate, br: createBrotliDecompress }[encoding]
  if (encoding === 'identity' || encoding === '') return request
  if (unpack === undefined)
    throw new HttpError(
      400,
      36,
      `Code: 36. DB::Exception: Unknown compression method: ${encoding}. (BAD_ARGUMENTS)\n`,
    )
  const unpacked = unpack()
  request.on('error', (error) => unpacked.destroy(error))
  return request.pipe(unpacked)
}
