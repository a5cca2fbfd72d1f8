import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { KernelDrops, parseUdpSockets } from '../../../ingest/udp/kernel_drops.js'

const kernel = suite('kernel drops')

const TEXT = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  281: 0100007F:0807 00000000:0000 07 00000000:00000A00 00:00000000 00000000     0        0 31337 2 00000000abcdef01 17
  282: 00000000000000000000000001000000:0807 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 \
00000000  1000  0 31338 2 0000000000000000 4294967295
  half a line
`

kernel('reads the table of both families', () => {
  assert.equal(parseUdpSockets(TEXT), [
    { inode: 31337, port: 2055, waitingBytes: 2560, drops: 17 },
    { inode: 31338, port: 2055, waitingBytes: 0, drops: 4294967295 },
  ])
})

kernel('sees what the kernel threw away because nobody read', async () => {
  if (process.platform !== 'linux') return
  const receiver = createSocket('udp4')
  const bystander = createSocket('udp4')
  const sender = createSocket('udp4')
  try {
    for (const socket of [receiver, bystander]) {
      socket.bind(0, '127.0.0.1')
      await once(socket, 'listening')
    }
    const { port } = receiver.address()
    const drops = new KernelDrops([port])
    assert.is(await drops.open(), 1)
    assert.equal(await drops.look(), { dropped: 0, waitingBytes: 0 })
    let read = 0
    receiver.on('message', () => read++)
    receiver.setRecvBufferSize(16_384)
    // Sends that are made in one turn reach the kernel before the receiver gets its turn.
    const sent = 200
    await Promise.all(Array.from({ length: sent }, () => send(sender, Buffer.alloc(1400), port)))
    let dropped = 0
    while (dropped + read < sent) dropped += (await drops.look()).dropped
    assert.ok(dropped > 0)
    assert.is(dropped + read, sent)
    assert.equal(await drops.look(), { dropped: 0, waitingBytes: 0 })
  } finally {
    for (const socket of [receiver, bystander, sender]) socket.close()
  }
})

const send = (socket: Socket, bytes: Uint8Array, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    socket.send(bytes, port, '127.0.0.1', (error) => (error ? reject(error) : resolve()))
  })

kernel.run()
