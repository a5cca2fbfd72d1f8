import { z } from 'zod'

const count = (min = 1) => z.number().int().min(min)
const ports = z.array(z.number().int().min(0).max(65535)).max(16)

/** IPFIX over TCP and TLS (RFC 7011 section 10.4): where it listens, and its bounds. */
export const ipfixStreamsSchema = z
  .strictObject({
    /** TCP ports on the collector's hosts; left out: 4739 where the collector listens on UDP 4739. Empty: none. */
    ports: ports.optional(),
    /** TLS ports, opened when a certificate is given. */
    tls_ports: ports.default([4740]),
    /** Certificate chain and key of the collector (PEM). Without them there is no TLS. */
    certificate_file: z.string().optional(),
    key_file: z.string().optional(),
    /** Authorities whose certificates exporters must show (PEM); left out: exporters need none. */
    client_ca_file: z.string().optional(),
    /** Connections at one time: all, and those of one address. More are closed at once. */
    connections_max: count().default(1000),
    exporter_connections_max: count().default(16),
    /** A connection that has sent no whole message for so long is closed. */
    idle_s: count().default(1800),
    /** A message that has begun, and the handshake of TLS, must be whole after this. */
    message_s_max: count().default(30),
  })
  .refine((s) => (s.certificate_file === undefined) === (s.key_file === undefined), {
    path: ['key_file'],
    message: 'certificate_file and key_file go together',
  })
export type IpfixStreamsConfig = z.infer<typeof ipfixStreamsSchema>
