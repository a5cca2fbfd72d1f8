import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Counter, type Registry } from 'prom-client'
import type { EdgeOrigin } from '../../model/edge_payload.js'
import type { Clock, EdgePayloadSink, Logger } from '../../model/ports.js'
import type { EdgePushConfig } from './config.js'
import { PushError } from './push_error.js'
import { isSigned, mayBeSigned, type PushSource, sourceOfToken, tokenOf } from './push_sources.js'
import { TokenBuckets } from './token_bucket.js'
import { unpack } from './unpack.js'

export interface EdgePushDeps {
  readonly sink: EdgePayloadSink
  readonly sources: readonly PushSource[]
  /** Whether payloads may be addressed to a vendor: an adapter's id, a mapping's, or `auto`. */
  knowsVendor(vendor: string): boolean
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Registry
}

const PATH = '/api/v1/telemetry'
/** Addresses whose wrong tokens are counted. */
const ADDRESSES_MAX = 4096
const KEY_MAX = 128

/**
 * `POST /api/v1/telemetry/{vendor}`: telemetry that controllers, webhooks and agents push. 202 says that the payload is durable,
 * and nothing else does: while the stream does not take it the answer is 503 with Retry-After, and the sender keeps it.
 *
 * `?device=` and `?controller=` say what the payload does not; `Idempotency-Key` makes two sendings one payload. OTLP/HTTP with
 * JSON goes to `…/otlp/v1/metrics`, and is answered as its specification wants: 200 and `{}`.
 */
export class EdgePush {
  readonly #config: EdgePushConfig
  readonly #deps: EdgePushDeps
  readonly #refusals: TokenBuckets
  readonly #requests: ReadonlyMap<PushSource, TokenBuckets>
  readonly #bytes: ReadonlyMap<PushSource, TokenBuckets>
  readonly #answers: Counter
  readonly #received: Counter

  constructor(config: EdgePushConfig, deps: EdgePushDeps) {
    this.#config = config
    this.#deps = deps
    this.#refusals = new TokenBuckets(
      config.refusals_per_minute / 60,
      config.refusals_per_minute,
      ADDRESSES_MAX,
    )
    const buckets = (of: 'requests_per_s' | 'bytes_per_s'): ReadonlyMap<PushSource, TokenBuckets> =>
      new Map(
        deps.sources.map((source) => [source, new TokenBuckets(source.config[of], source.config[of], 1)]),
      )
    this.#requests = buckets('requests_per_s')
    this.#bytes = buckets('bytes_per_s')
    const registers = [deps.metrics]
    this.#answers = new Counter({
      name: 'vigie_push_requests_total',
      help: 'Pushes of telemetry by source (none: not known) and answer: accepted, or why not.',
      labelNames: ['source', 'answer'],
      registers,
    })
    this.#received = new Counter({
      name: 'vigie_push_bytes_total',
      help: 'Bytes of accepted pushes, unpacked.',
      labelNames: ['source'],
      registers,
    })
  }

  register(app: FastifyInstance): void {
    app.register(async (scope) => {
      scope.removeAllContentTypeParsers()
      const bodyLimit = this.#config.body_max_bytes
      scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit }, (_request, body, done) =>
        done(null, body),
      )
      scope.setErrorHandler((error: Error & { statusCode?: number; code?: string }, _request, reply) =>
        this.#refuse(reply, this.#faultOf(error), 'none'),
      )
      // Who is not known is refused before his body is read.
      const onRequest = async (request: FastifyRequest): Promise<void> => this.#admit(request)
      scope.post(`${PATH}/otlp/v1/metrics`, { onRequest }, (request, reply) =>
        this.#take(request, reply, 'otlp'),
      )
      scope.post(`${PATH}/:vendor`, { onRequest }, (request, reply) =>
        this.#take(request, reply, (request.params as { vendor: string }).vendor),
      )
    })
  }

  #admit({ headers, ip, params }: FastifyRequest): void {
    const { sources } = this.#deps
    if (sources.length === 0)
      throw new PushError(403, 'no_sources', 'nobody may push yet: name sources under edges.http.sources')
    const token = tokenOf(headers)
    const { vendor = 'otlp' } = params as { vendor?: string }
    const known =
      token !== undefined
        ? sourceOfToken(sources, token) !== undefined
        : sources.some((one) => mayPush(one, vendor) && mayBeSigned(one, headers))
    if (known) return
    throw this.#stranger(ip, token === undefined)
  }

  #stranger(ip: string, without: boolean): PushError {
    if (!this.#refusals.take(ip, 1, this.#deps.clock.nowMs()))
      return new PushError(429, 'too_many_refusals', 'too many wrong tokens from this address: wait', 60)
    return without
      ? new PushError(
          401,
          'token_missing',
          'send the token of a source as Authorization: Bearer, or sign the body',
        )
      : new PushError(401, 'token_wrong', 'no source has this token or signature: see edges.http.sources')
  }

  async #take(request: FastifyRequest, reply: FastifyReply, vendor: string): Promise<FastifyReply> {
    let source: PushSource | undefined
    try {
      const packed = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
      source = this.#sourceOf(request, packed, vendor)
      this.#allow(source, vendor, packed.length)
      const coding = request.headers['content-encoding']
      const bytes = await unpack(packed, coding, this.#config.body_max_bytes)
      if (bytes.length === 0)
        throw new PushError(400, 'body_empty', 'the body is empty: send the payload in it')
      await this.#publish(request, source, vendor, bytes)
      this.#answers.inc({ source: source.config.id, answer: 'accepted' })
      this.#received.inc({ source: source.config.id }, bytes.length)
      const isOtlp = request.url.split('?')[0]!.endsWith('/v1/metrics')
      return reply.code(isOtlp ? 200 : 202).send(isOtlp ? {} : { accepted: bytes.length })
    } catch (error) {
      return this.#refuse(reply, this.#faultOf(error as Error), source?.config.id ?? 'none')
    }
  }

  #sourceOf({ headers, ip }: FastifyRequest, body: Buffer, vendor: string): PushSource {
    const token = tokenOf(headers)
    const { sources } = this.#deps
    const found =
      token !== undefined
        ? sourceOfToken(sources, token)
        : sources.find(
            (one) => one.token === undefined && mayPush(one, vendor) && isSigned(one, headers, body),
          )
    if (found === undefined) throw this.#stranger(ip, false)
    // A source with both shows both.
    if (token !== undefined && found.signature !== undefined && !isSigned(found, headers, body))
      throw this.#stranger(ip, false)
    return found
  }

  #allow(source: PushSource, vendor: string, bytes: number): void {
    const { clock, knowsVendor } = this.#deps
    const { id } = source.config
    const nowMs = clock.nowMs()
    const inTime =
      this.#requests.get(source)!.take(id, 1, nowMs) && this.#bytes.get(source)!.take(id, bytes, nowMs)
    if (!inTime)
      throw new PushError(429, 'too_fast', `${id} pushes more than it may: wait, or send more in one body`, 1)
    if (!mayPush(source, vendor))
      throw new PushError(403, 'vendor_refused', `${id} may not push for this vendor: see its vendors`)
    if (!knowsVendor(vendor))
      throw new PushError(
        404,
        'vendor_unknown',
        "no such vendor: 'vigie vendors' lists the ids; auto finds it out",
      )
  }

  async #publish(request: FastifyRequest, source: PushSource, vendor: string, bytes: Buffer): Promise<void> {
    const { sink, clock } = this.#deps
    const { device, controller } = request.query as Readonly<Record<string, unknown>>
    const origin: EdgeOrigin = {
      way: 'http',
      source: source.config.id,
      address: request.ip,
      ...(typeof controller === 'string' && controller !== '' && { controller }),
      ...(typeof device === 'string' && device !== '' && { device }),
    }
    const key = String(request.headers['idempotency-key'] ?? '').slice(0, KEY_MAX)
    const id = key === '' ? undefined : `http-${source.config.id}-${key.replace(/[^\x21-\x7e]/g, '_')}`
    try {
      await sink.publish({ vendor, origin, receivedMs: clock.nowMs(), bytes }, id)
    } catch (error) {
      const { retry_after_s } = this.#config
      this.#deps.logger.debug({ error: (error as Error).message }, 'a push was not taken')
      throw new PushError(503, 'not_taken', 'the payload could not be kept: send it again', retry_after_s)
    }
  }

  #faultOf(error: Error & { statusCode?: number; code?: string }): PushError {
    if (error instanceof PushError) return error
    const { body_max_bytes } = this.#config
    if (error.statusCode === 413)
      return new PushError(413, 'body_too_large', `the body has more than ${body_max_bytes} bytes: split it`)
    if (error.statusCode !== undefined && error.statusCode < 500)
      return new PushError(error.statusCode, 'request_invalid', error.message)
    this.#deps.logger.error({ error: error.stack }, 'a push failed')
    return new PushError(500, 'failed', 'the push failed on our side: send it again')
  }

  #refuse(reply: FastifyReply, fault: PushError, source: string): FastifyReply {
    this.#answers.inc({ source, answer: fault.code })
    if (fault.retryAfterS !== undefined) reply.header('retry-after', String(fault.retryAfterS))
    if (fault.status === 401) reply.header('www-authenticate', 'Bearer realm="vigie"')
    return reply.code(fault.status).send({ error: fault.message, code: fault.code })
  }
}

const mayPush = ({ config }: PushSource, vendor: string): boolean =>
  config.vendors.length === 0 || config.vendors.includes(vendor)
