import type { IncomingMessage } from 'node:http'
import { RequestBody } from './body.js'
import { HttpError, storeError } from './http_error.js'
import { header } from './request.js'
import { readStatement, type Statement } from './sql_text.js'

/** The query of a request, and the data of an INSERT that comes with it. */
export interface QueryText {
  readonly sql: Buffer
  readonly statement: Statement
  /** How `data` is packed. */
  readonly packing: string
  readonly data: AsyncIterable<Buffer> | undefined
}

/** Line breaks between a query in the URL and its body, as ClickHouse puts them. */
const BREAK = Buffer.from('\n')
/** As ClickHouse reads text: a character a byte, so that offsets count bytes. */
const scan = (text: Buffer): Statement => readStatement(text.toString('latin1'))

/**
 * Puts together what stands in the URL and what stands in the body, and finds where data begins.
 * @throws HttpError when the text is too long, empty, more than one statement, or names files of this machine
 */
export async function readQueryText(
  query: string,
  body: RequestBody | undefined,
  bytesMax: number,
): Promise<QueryText> {
  const named = Buffer.from(query)
  const fromUrl = scan(named)
  if (body === undefined || fromUrl.secondAt !== undefined)
    return { ...checked(named, fromUrl), data: undefined }
  if (fromUrl.kind === 'data' && fromUrl.dataAt === named.length)
    return { ...checked(named, fromUrl), packing: body.packing, data: body.rest() }
  const head = await body.head(bytesMax)
  const text = named.length === 0 ? head.bytes : Buffer.concat([named, BREAK, head.bytes])
  const statement = scan(text)
  if (statement.kind === 'data')
    return { ...checked(text, statement), data: dataOf(text, statement, head.ended, body) }
  if (!head.ended || text.length > bytesMax)
    throw storeError(62, 'SYNTAX_ERROR', `Syntax error: Max query size exceeded: ${bytesMax} bytes.`)
  return { ...checked(text, statement), data: undefined }
}

async function* dataOf(
  text: Buffer,
  { dataAt }: Statement,
  ended: boolean,
  body: RequestBody,
): AsyncGenerator<Buffer> {
  if (text.length > dataAt) yield text.subarray(dataAt)
  if (!ended) yield* body.rest()
}

function checked(sql: Buffer, statement: Statement): { sql: Buffer; statement: Statement; packing: string } {
  if (statement.verb === '') throw storeError(62, 'SYNTAX_ERROR', 'Syntax error: Empty query.')
  if (statement.secondAt !== undefined) {
    const position = statement.end + 1
    const message = `Syntax error (Multi-statements are not allowed): failed at position ${position} (end of query).`
    throw storeError(62, 'SYNTAX_ERROR', message)
  }
  if (statement.file === 'INTO OUTFILE')
    throw storeError(358, 'INTO_OUTFILE_NOT_ALLOWED', 'INTO OUTFILE is not allowed.')
  if (statement.file === 'FROM INFILE')
    throw storeError(78, 'UNKNOWN_TYPE_OF_QUERY', 'Query has infile and was send directly to server.')
  return { sql, statement, packing: 'none' }
}

/**
 * The fields of a form: the query and its parameters, for which a URL may be too short.
 * @throws HttpError for a file in it, which ClickHouse would take for a table
 */
export async function readForm(
  request: IncomingMessage,
  bytesMax: number,
): Promise<[string, string][] | undefined> {
  const type = header(request, 'content-type') ?? ''
  if (!/^multipart\/form-data\b/i.test(type)) return undefined
  const body = new RequestBody(request)
  const { bytes, ended } = await body.head(bytesMax)
  if (!ended)
    throw storeError(62, 'SYNTAX_ERROR', `Syntax error: Max query size exceeded: ${bytesMax} bytes.`)
  let form: FormData
  try {
    form = await new Response(bytes, { headers: { 'content-type': type } }).formData()
  } catch (error) {
    throw new HttpError(
      400,
      36,
      `Code: 36. DB::Exception: The form cannot be read: ${String(error)}. (BAD_ARGUMENTS)`,
    )
  }
  return [...form].map(([name, value]): [string, string] => {
    if (typeof value === 'string') return [name, value]
    throw storeError(48, 'NOT_IMPLEMENTED', 'The embedded store takes no external tables.')
  })
}
