import { z } from 'zod'

const count = (min = 1) => z.number().int().min(min)
const MIB = 1024 * 1024

/** Syslog of SD-WAN edges: RFC 3164 and RFC 5424 over UDP, TCP (RFC 6587) and TLS (RFC 5425). */
export const syslogSchema = z.strictObject({
  enabled: z.boolean().default(true).describe('whether syslog is listened for'),
  hosts: z.array(z.string()).min(1).default(['127.0.0.1']).describe('addresses to listen on'),
  port: z
    .number()
    .int()
    .min(0)
    .max(65535)
    .default(5514)
    .describe('UDP and TCP port, TLS on the same where a certificate is given; 0: any free one'),
  vendor: z
    .string()
    .default('auto')
    .describe("whose messages come; auto finds it out message by message ('vigie vendors')"),
  vendors: z
    .record(z.string(), z.string())
    .default({})
    .describe('sender address → vendor, where it is known beforehand'),
  allow: z
    .array(z.string())
    .default([])
    .describe('addresses that may send; none said: all. Those of refused ones are only counted'),
  certificate_file: z.string().optional().describe('certificate chain (PEM) of the listener, for TLS'),
  key_file: z.string().optional().describe('its key'),
  client_ca_file: z
    .string()
    .optional()
    .describe('authorities whose certificates senders must show (PEM); none said: they need none'),
  tls_only: z.boolean().default(false).describe('close TCP connections that are not TLS'),
  message_max_bytes: count(480)
    .default(64 * 1024)
    .describe('longest message; the beginning of a longer one goes to the dead letters'),
  connections_max: count().default(1000).describe('TCP connections at one time; more are closed at once'),
  address_connections_max: count().default(64).describe('those of one address'),
  idle_s: count().default(1800).describe('a connection that sends nothing for so long is closed'),
  message_s_max: count()
    .default(30)
    .describe('a message that has begun, and the handshake of TLS, must be whole after this'),
  gather_ms: count(1).default(200).describe('messages of one sender within so long make one payload'),
  gather_bytes: count(1024)
    .default(64 * 1024)
    .describe('or so many bytes of them'),
  waiting_max_bytes: count(MIB)
    .default(16 * MIB)
    .describe('what is gathered and under way; beyond it TCP waits and UDP is lost, which is counted'),
  receive_buffer_bytes: count(65_536)
    .default(4 * MIB)
    .describe('buffer of the UDP socket that is asked for; the kernel gives at most rmem_max'),
})
export type SyslogConfig = z.infer<typeof syslogSchema>
