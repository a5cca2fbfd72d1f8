import { z } from 'zod'
import { edgeProcessorSchema } from '../../enrich/edge/config.js'
import { edgePublisherSchema, edgeSourceSchema } from '../../ingest/bus/config.js'
import { edgePushSchema } from '../../ingest/http/config.js'
import { pollersSchema, pollingSchema } from '../../ingest/poll/config.js'
import { snmpAgentsSchema } from '../../ingest/poll/snmp/config.js'
import { syslogSchema } from '../../ingest/syslog/config.js'

/** Telemetry of SD-WAN edges: its ways in, and how it is read. */
export const edgesSchema = z.strictObject({
  mappings: z
    .array(z.string())
    .default([])
    .describe(
      'YAML files that map JSON or CSV of other edges (docs/edges/generic.md), each under its own vendor id',
    ),
  http: edgePushSchema.prefault({}),
  syslog: syslogSchema.prefault({}),
  pollers: pollersSchema,
  snmp: snmpAgentsSchema,
  polling: pollingSchema.prefault({}),
  publisher: edgePublisherSchema.prefault({}),
  source: edgeSourceSchema.prefault({}),
  processor: edgeProcessorSchema.prefault({}),
})
export type EdgesConfig = z.infer<typeof edgesSchema>
