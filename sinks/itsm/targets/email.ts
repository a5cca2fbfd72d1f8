import { readFileSync } from 'node:fs'
import { createTransport, type SMTPSentMessageInfo, type Transporter } from 'nodemailer'
import { z } from 'zod'
import type { Bilingual } from '../../../model/finding.js'
import {
  type Delivery,
  type DeliveryContext,
  type DeliveryReceipt,
  RefusedError,
  RetryableError,
  secret,
  type Target,
  type TargetDeps,
  type TargetKind,
  UnauthorisedError,
} from '../target.js'
import { KIND_WORDS } from '../ticket_text_words.js'
import { Concealer } from './http/concealer.js'

/**
 * Mail by SMTP (RFC 5321), one message a transition. Messages of an incident are one conversation: each names the first in
 * `References` (RFC 5322 section 3.6.4), and the same message has the same `Message-ID` over all attempts, by which a mailbox
 * knows a second copy. They say that no answering machine should answer (RFC 3834).
 */
const LOCAL = /^(localhost|127(\.\d{1,3}){3}|::1)$/

const config = z
  .strictObject({
    host: z.string().min(1),
    port: z.number().int().min(1).max(65535).default(587),
    /** `starttls`: encrypted after the greeting, or not sent. `tls`: from the first octet. `none`: only for a relay on this host. */
    encryption: z.enum(['starttls', 'tls', 'none']).default('starttls'),
    user: z.string().min(1).optional(),
    password: secret().optional(),
    from: z.email(),
    to: z.array(z.email()).min(1).max(50),
    /** Addresses of people who may stand in `notified` of an escalation: they get a copy. */
    people: z.record(z.string(), z.email()).default({}),
    /** PEM file of the authority that signed the server's certificate, where the system does not know it. */
    ca_file: z.string().optional(),
    timeout_ms: z.number().int().min(100).max(120_000).default(20_000),
  })
  .refine(({ encryption, host }) => encryption !== 'none' || LOCAL.test(host), {
    path: ['encryption'],
    message: 'may be none only for a host that is this one',
  })
  .refine(({ user, password }) => (user === undefined) === (password === undefined), {
    path: ['password'],
    message: 'user and password go together',
  })
export type EmailConfig = z.infer<typeof config>

type SmtpError = Error & { code?: string; responseCode?: number; response?: string }

class EmailTarget implements Target {
  readonly #config: EmailConfig
  readonly #deps: TargetDeps
  readonly #secrets = new Concealer()

  constructor(config: EmailConfig, deps: TargetDeps) {
    this.#config = config
    this.#deps = deps
  }

  async deliver(delivery: Delivery, { signal }: DeliveryContext): Promise<DeliveryReceipt> {
    const { incident, text, kind, idempotencyKey } = delivery
    const { from, to, people } = this.#config
    const domain = from.slice(from.indexOf('@') + 1)
    const first = `<${incident.uid}@${domain}>`
    const id = kind === 'open' ? first : `<${idempotencyKey}@${domain}>`
    const cc = incident.notified.flatMap((name) => people[name] ?? []).filter((mail) => !to.includes(mail))
    const sent = await this.#with(signal, (transport) =>
      transport.sendMail({
        from: { name: 'Vigie', address: from },
        to: [...to],
        ...(cc.length > 0 ? { cc } : {}),
        subject: `${KIND_WORDS[kind][text.lang]} - ${text.title}`,
        text: kind === 'open' ? text.body : `${text.note}\n\n${text.body}`,
        messageId: id,
        ...(kind === 'open' ? {} : { references: first, inReplyTo: first }),
        priority: incident.priority === 1 ? 'high' : 'normal',
        headers: {
          'Auto-Submitted': 'auto-generated',
          'Content-Language': `${text.lang}-CA`,
          'X-Vigie-Incident': incident.uid,
          'X-Vigie-Number': incident.number,
          'X-Vigie-State': incident.state,
          'X-Vigie-Priority': String(incident.priority),
        },
      }),
    )
    if (sent.rejected.length > 0)
      this.#deps.logger.warn(
        { host: this.#config.host, rejected: sent.rejected.length },
        'some recipients of a mail were refused by the server',
      )
    return { id: first, number: incident.number, outcome: kind === 'open' ? 'created' : 'updated' }
  }

  async check({ signal }: DeliveryContext): Promise<Bilingual> {
    await this.#with(signal, (transport) => transport.verify())
    const { host } = this.#config
    return { fr: `${host} accepte nos courriels.`, en: `${host} takes our mail.` }
  }

  /** A connection for one thing: a mail server drops those that idle, and a password may have changed. */
  async #with<T>(
    signal: AbortSignal,
    run: (transport: Transporter<SMTPSentMessageInfo>) => Promise<T>,
  ): Promise<T> {
    const transport = this.#transport()
    const abort = (): void => transport.close()
    signal.addEventListener('abort', abort, { once: true })
    try {
      return await run(transport)
    } catch (error) {
      throw this.#failed(error as SmtpError)
    } finally {
      signal.removeEventListener('abort', abort)
      transport.close()
    }
  }

  #transport(): Transporter<SMTPSentMessageInfo> {
    const { host, port, encryption, user, password, ca_file, timeout_ms } = this.#config
    return createTransport({
      host,
      port,
      secure: encryption === 'tls',
      requireTLS: encryption === 'starttls',
      ignoreTLS: encryption === 'none',
      connectionTimeout: timeout_ms,
      greetingTimeout: timeout_ms,
      socketTimeout: timeout_ms,
      disableFileAccess: true,
      disableUrlAccess: true,
      ...(ca_file === undefined ? {} : { tls: { ca: readFileSync(ca_file) } }),
      ...(user === undefined || password === undefined
        ? {}
        : { auth: { user, pass: this.#secrets.add(this.#deps.secret(password)) } }),
    })
  }

  #failed(error: SmtpError): Error {
    if (error instanceof UnauthorisedError) return error
    const { host } = this.#config
    const said = this.#secrets.strike(`${host}: ${error.response ?? error.message}`).slice(0, 300)
    const status = error.responseCode
    const options = status === undefined ? {} : { status }
    if (error.code === 'EAUTH' && (status === undefined || status >= 500))
      return new UnauthorisedError(said, options)
    if (error.code === 'ETLS') return new UnauthorisedError(`${said} (see encryption and ca_file)`)
    return status !== undefined && status >= 500
      ? new RefusedError(said, options)
      : new RetryableError(said, options)
  }
}

export const email: TargetKind<EmailConfig> = {
  id: 'email',
  title: { fr: 'Courriel', en: 'E-mail' },
  config,
  capabilities: {
    kinds: [
      'open',
      'update',
      'acknowledge',
      'assign',
      'escalate',
      'remind',
      'breach',
      'hold',
      'resolve',
      'reopen',
      'close',
    ],
    problems: true,
    identity: 'key',
    wayBack: 'none',
  },
  create: (config, deps) => new EmailTarget(config, deps),
}
