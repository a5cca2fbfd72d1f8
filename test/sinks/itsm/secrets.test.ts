import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { NatsDeadLetters } from '../../../ingest/bus/dead_letters.js'
import { NatsJournal } from '../../../ingest/bus/journal.js'
import { itsmSchema } from '../../../sinks/itsm/config.js'
import { Secrets } from '../../../sinks/itsm/secrets.js'
import { RefusedError, RetryableError, UnauthorisedError } from '../../../sinks/itsm/target.js'
import { NatsFixture, until } from '../../ingest/bus/nats_fixture.js'
import { openDesk } from './desk_fixture.js'
import { finding } from './lifecycle_fixture.js'
import { StrictTarget, strictKind } from './strict_target.js'

const test = suite('secrets')
const SECRET = 'hunter2/+tres secret'

test('a target that shouts our secret back puts it in no log, no dead letter and no row', async () => {
  const nats = new NatsFixture()
  await nats.start()
  const bus = await nats.bus()
  const tool = new StrictTarget()
  const kind = strictKind(tool)
  const forms = [SECRET, encodeURIComponent(SECRET), Buffer.from(SECRET).toString('base64')]
  const shouting = {
    ...kind,
    create: (_: unknown, deps: Parameters<typeof kind.create>[1]) => {
      const secret = deps.secret('env:TOOL_TOKEN')
      const shout = `bad header Authorization: Bearer ${secret}, ${forms.slice(1).join(' ')}`
      const errors = [
        new RetryableError(shout),
        new UnauthorisedError(shout),
        new Error(shout),
        new RefusedError(shout),
      ]
      tool.faults.push(...errors)
      return tool
    },
  }
  const desk = await openDesk(bus, { kinds: [shouting], logger: nats.log, env: { TOOL_TOKEN: SECRET } })
  await desk.start()
  await desk.findings.publish([finding('a', { time: Date.now() })])
  const letters: string[] = []
  await until(async () => {
    for await (const letter of new NatsDeadLetters(bus).list({ code: 'ticket_refused' }))
      letters.push(`${letter.message} ${Buffer.from(letter.bytes!).toString()}`)
    return letters.length > 0
  }, 'the refused ticket is a dead letter')
  await until(async () => (await desk.queue.waiting('tool')) === 0, 'done')
  await desk.stop()
  const { entries } = await new NatsJournal(bus, 'incidents').read(0)
  const written = entries.map(({ bytes }) => Buffer.from(bytes).toString())
  assert.ok(written.some((text) => text.includes('"status":"dead"')))
  assert.ok(nats.log.said('the target cannot be told yet') || nats.log.said('refuses our credentials'))
  const everything = [
    ...letters,
    ...written,
    JSON.stringify(nats.log.lines),
    await desk.metrics.metrics(),
  ].join('\n')
  assert.match(everything, '[secret]')
  for (const form of forms) assert.not.ok(everything.includes(form), `'${form}' is told`)
  await nats.stop()
})

test('secrets are named, not written: a written one is a mistake, which is told without it', () => {
  const read = itsmSchema.safeParse({
    targets: { rt: { type: 'rt', url: 'https://rt.example', token: SECRET } },
  })
  assert.not.ok(read.success)
  assert.match(read.error!.message, 'env:NAME or file:PATH')
  assert.not.ok(read.error!.message.includes(SECRET))
})

test('a secret is read when it is used, so that a new one takes effect; a missing one says where it was looked for', () => {
  const nats = new NatsFixture()
  const file = join(nats.dir, 'token')
  const secrets = new Secrets({ A: 'from the environment' })
  assert.is(secrets.read('env:A'), 'from the environment')
  writeFileSync(file, 'first one\n')
  assert.is(secrets.read(`file:${file}`), 'first one')
  writeFileSync(file, 'second one\n')
  assert.is(secrets.read(`file:${file}`), 'second one')
  assert.is(secrets.conceal('first one, second one'), '[secret], [secret]')
  assert.throws(() => secrets.read('env:B'), /env:B/)
})

test.run()
