import type { IpfixStreamsConfig } from '../ingest/tcp/config.js'
import type { CollectorConfig } from '../ingest/udp/config.js'

const IPFIX_PORT = 4739

/** The TCP ports of IPFIX: those that are told, else its own where the collector has it for UDP. */
export function streamPorts(
  streams: IpfixStreamsConfig,
  collector: Pick<CollectorConfig, 'ports'>,
): number[] {
  return streams.ports ?? collector.ports.filter((port) => port === IPFIX_PORT)
}

/** All TCP ports that the collector will listen on. */
export function openStreamPorts(streams: IpfixStreamsConfig, collector: CollectorConfig): number[] {
  return [
    ...streamPorts(streams, collector),
    ...(streams.certificate_file === undefined ? [] : streams.tls_ports),
  ]
}
