import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Target } from '../../../../sinks/itsm/target.js'
import { email } from '../../../../sinks/itsm/targets/email.js'
import { aDelivery, UID } from '../an_incident.js'
import {
  context,
  deliver,
  failure,
  RefusedError,
  RetryableError,
  TargetFixture,
  UnauthorisedError,
} from './target_fixture.js'

interface Mail {
  readonly to: string[]
  readonly headers: Map<string, string>
  readonly text: string
}

/** A mail server that keeps what it takes. */
class Sink {
  readonly mails: Mail[] = []
  readonly #server: SMTPServer
  readonly #fixture: TargetFixture

  constructor(fixture: TargetFixture, options: SMTPServerOptions = {}) {
    this.#fixture = fixture
    this.#server = new SMTPServer({
      disabledCommands: ['STARTTLS'],
      authOptional: true,
      allowInsecureAuth: true,
      onData: (stream, session, done) => {
        const chunks: Buffer[] = []
        stream.on('data', (chunk: Buffer) => chunks.push(chunk))
        stream.on('end', () => {
          this.mails.push({
            to: session.envelope.rcptTo.map(({ address }) => address),
            ...read(Buffer.concat(chunks).toString('utf8')),
          })
          done()
        })
      },
      ...options,
    })
    this.#server.on('error', () => undefined)
  }

  async target(changes: object = {}): Promise<Target> {
    const listening = this.#server.listen(0, '127.0.0.1')
    await once(listening, 'listening')
    return this.#fixture.make(email, {
      host: '127.0.0.1',
      port: (listening.address() as AddressInfo).port,
      encryption: 'none',
      from: 'vigie@test.invalid',
      to: ['garde@test.invalid'],
      ...changes,
    })
  }

  stop(): Promise<void> {
    return new Promise((resolve) => this.#server.close(() => resolve()))
  }
}

/** Headers unfolded and decoded, text decoded. */
function read(mail: string): { headers: Map<string, string>; text: string } {
  const at = mail.indexOf('\r\n\r\n')
  const headers = new Map<string, string>()
  for (const line of mail
    .slice(0, at)
    .replace(/\r\n\s+/g, ' ')
    .split('\r\n')) {
    const colon = line.indexOf(':')
    const value = line
      .slice(colon + 1)
      .trim()
      .replace(/\?=\s+=\?/g, '?==?')
      .replace(/=\?UTF-8\?([BQ])\?(.*?)\?=/gi, (_, how: string, text: string) =>
        how.toUpperCase() === 'B'
          ? Buffer.from(text, 'base64').toString()
          : quotedPrintable(text.replace(/_/g, ' ')),
      )
    headers.set(line.slice(0, colon).toLowerCase(), value)
  }
  const body = mail.slice(at + 4)
  const encoding = headers.get('content-transfer-encoding')
  const text = encoding === 'base64' ? Buffer.from(body, 'base64').toString() : quotedPrintable(body)
  return { headers, text }
}

const quotedPrintable = (text: string): string =>
  Buffer.from(
    text
      .replace(/=\r\n/g, '')
      .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  ).toString('utf8')

const tests = suite('e-mail')

tests('an incident is one conversation, in French, to those on duty', async () => {
  const sink = new Sink(new TargetFixture())
  const target = await sink.target({ people: { 'Équipe de garde du réseau': 'reseau@test.invalid' } })
  assert.match((await target.check!(context())).en, /takes our mail/)
  await deliver(target, aDelivery('open'))
  await deliver(target, aDelivery('escalate', { version: 2 }))
  await deliver(target, aDelivery('resolve', { version: 3 }))
  const [opened, escalated, resolved] = sink.mails
  assert.equal(opened!.to, ['garde@test.invalid', 'reseau@test.invalid'])
  assert.is(
    opened!.headers.get('subject'),
    'Ouverture - VIG-01234567 Attaque volumétrique vers un hôte du site hopital-1',
  )
  assert.is(opened!.headers.get('message-id'), `<${UID}@test.invalid>`)
  assert.is(opened!.headers.get('auto-submitted'), 'auto-generated')
  assert.is(opened!.headers.get('content-language'), 'fr-CA')
  assert.match(opened!.text, /pointe, paquets\/s\u00a0: 123\u00a0456,5/)
  assert.match(escalated!.headers.get('subject')!, /^Escalade - /)
  assert.is(escalated!.headers.get('references'), `<${UID}@test.invalid>`)
  assert.is(resolved!.headers.get('message-id'), `<${UID}-3@test.invalid>`)
  assert.match(resolved!.text, /Résolution\u00a0: Note 3 de resolve/)
  await sink.stop()
})

tests('the same message has the same id over its attempts', async () => {
  let cut = true
  const sink = new Sink(new TargetFixture(), {
    onMailFrom: (_address, _session, done) => {
      const error = Object.assign(new Error('try later'), { responseCode: 451 })
      done(cut ? error : null)
      cut = false
    },
  })
  const target = await sink.target()
  assert.is((await failure(deliver(target, aDelivery('update')), RetryableError)).status, 451)
  await deliver(target, aDelivery('update', { attempt: 2 }))
  await deliver(target, aDelivery('update', { attempt: 3 }))
  assert.equal(
    sink.mails.map(({ headers }) => headers.get('message-id')),
    [`<${UID}-1@test.invalid>`, `<${UID}-1@test.invalid>`],
  )
  await sink.stop()
})

tests(
  'a refused recipient, a wrong password and no server are told apart, without the password',
  async () => {
    const fixture = new TargetFixture()
    const refuse = Object.assign(new Error('no such mailbox'), { responseCode: 550 })
    const full = new Sink(fixture, { onRcptTo: (_to, _session, done) => done(refuse) })
    await failure(deliver(await full.target(), aDelivery('open')), RefusedError)
    await full.stop()

    fixture.secrets.set('env:SMTP', 'un-mot-de-passe')
    const locked = new Sink(fixture, {
      onAuth: ({ password }, _session, done) =>
        done(Object.assign(new Error(`wrong: ${password}`), { responseCode: 535 })),
    })
    const target = await locked.target({ user: 'vigie', password: 'env:SMTP' })
    const error = await failure(deliver(target, aDelivery('open')), UnauthorisedError)
    assert.not.match(error.message, /un-mot-de-passe/)
    await locked.stop()
    await failure(deliver(target, aDelivery('open')), RetryableError)
    assert.not.match(fixture.logged.join('\n'), /un-mot-de-passe/)
  },
)

tests('mail is encrypted, or stays on this host', async () => {
  const base = { from: 'vigie@test.invalid', to: ['a@test.invalid'] }
  assert.throws(
    () => email.config.parse({ ...base, host: 'mail.test.invalid', encryption: 'none' }),
    /none only/,
  )
  const sink = new Sink(new TargetFixture())
  const target = await sink.target({ encryption: 'starttls' })
  const error = await failure(deliver(target, aDelivery('open')), UnauthorisedError)
  assert.match(error.message, /encryption/)
  assert.is(sink.mails.length, 0)
  await sink.stop()
})

tests.run()
