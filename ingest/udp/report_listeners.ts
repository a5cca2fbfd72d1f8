import type { Logger } from '../../model/ports.js'
import type { MessageStreams } from './ports.js'
import type { Listener } from './sockets.js'

/** Tells where the collector listens, and whether the kernel grants less than was asked. */
export function reportListeners(
  listeners: readonly Listener[],
  streams: MessageStreams['listeners'],
  askedBytes: number,
  logger: Logger,
): void {
  for (const { host, port, receiveBufferBytes } of listeners) {
    logger.info({ host, port, receive_buffer_bytes: receiveBufferBytes }, 'listening for flows')
  }
  for (const listener of streams) logger.info(listener, 'listening for IPFIX over connections')
  const granted = Math.min(...listeners.map((l) => l.receiveBufferBytes))
  if (granted >= askedBytes) return
  logger.warn(
    { granted_bytes: granted, asked_bytes: askedBytes },
    `the kernel grants a smaller receive buffer; sysctl -w net.core.rmem_max=${askedBytes} allows it (docs/collector.md)`,
  )
}
