import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { MessageReader } from '../../../ingest/tcp/message_reader.js'

const tests = suite('messages of a stream')

function message(bytes: number, fill = 7): Buffer {
  const b = Buffer.alloc(bytes, fill)
  b.writeUInt16BE(10, 0)
  b.writeUInt16BE(bytes, 2)
  return b
}

tests('messages come out whole however the stream is cut', () => {
  const messages = [message(16), message(65_535, 1), message(300, 2), message(17, 3)]
  const stream = Buffer.concat(messages)
  for (const step of [1, 3, 16, 1000, 65_536, stream.length]) {
    const reader = new MessageReader()
    const got: Buffer[] = []
    for (let at = 0; at < stream.length; at += step) {
      assert.is(
        reader.read(stream.subarray(at, at + step), (m) => got.push(Buffer.from(m))),
        undefined,
      )
    }
    assert.equal(
      got.map((b) => b.length),
      messages.map((b) => b.length),
      `cut by ${step}`,
    )
    assert.is(Buffer.compare(Buffer.concat(got), stream), 0)
    assert.is(reader.pending, 0)
  }
})

tests('what cannot begin a message is given back, and the messages before it are taken', () => {
  const reader = new MessageReader()
  let taken = 0
  const rubbish = Buffer.from('GET / HTTP/1.1\r\n')
  const left = reader.read(Buffer.concat([message(20), rubbish]), () => taken++)
  assert.is(taken, 1)
  assert.equal(Buffer.from(left!), rubbish)
  assert.ok(new MessageReader().read(Buffer.from('000a000f', 'hex'), () => taken++))
  assert.is(taken, 1)
})

tests('no more is held than a message that is not whole', () => {
  const reader = new MessageReader()
  for (let i = 0; i < 100; i++) reader.read(message(65_535), () => undefined)
  reader.read(message(65_535).subarray(0, 65_534), () => undefined)
  assert.is(reader.pending, 65_534)
})

tests.run()
