import type { Socket } from 'node:net'

/** Resolves when a connection has ended, be it by a reset, which `events.once` takes for a failure. Asked for before it can end. */
export const closed = (socket: Socket): Promise<void> =>
  new Promise((done) => socket.once('close', () => done()))
