import { join } from 'node:path'
import { z } from 'zod'
import { detectorSchema } from '../../detect/config.js'
import { devicesSchema } from '../../enrich/devices/config.js'
import { geoSchema } from '../../enrich/geo/config.js'
import { privacySchema } from '../../enrich/privacy/config.js'
import { processorSchema } from '../../enrich/processor_config.js'
import { threatsSchema } from '../../enrich/threat/config.js'
import {
  busSchema,
  framePublisherSchema,
  frameSourceSchema,
  natsServerSchema,
} from '../../ingest/bus/config.js'
import { ipfixStreamsSchema } from '../../ingest/tcp/config.js'
import { collectorSchema } from '../../ingest/udp/config.js'
import { simulatorSchema } from '../../simulate/config.js'
import { storeSchema } from '../../sinks/clickhouse/config.js'
import { itsmSchema } from '../../sinks/itsm/config.js'
import { webSchema } from '../web_role.js'
import { edgesSchema } from './edges_schema.js'
import { checkServiceNames } from './known_services.js'

/** Every setting of Vigie, as vigie.yaml, VIGIE_… variables and flags may give it. */
const settings = z.strictObject({
  data_dir: z.string().default('./data').describe('all state of this machine lies below it'),
  lang: z.enum(['fr', 'en']).default('fr').describe('language for people'),
  log_level: z
    .enum(['debug', 'info', 'warn', 'error'])
    .default('info')
    .describe('least severity that is logged'),
  registry_files: z
    .array(z.string())
    .default([])
    .describe('registry to start with, when none was applied yet'),
  elements_file: z
    .string()
    .optional()
    .describe('names for elements that nobody named: lines pen.id: name, type'),
  nats_url: z.string().optional().describe('a NATS to use; without it nats-server is run (also NATS_URL)'),
  clickhouse_url: z
    .string()
    .optional()
    .describe('a ClickHouse to use; without it the engine is embedded (also CLICKHOUSE_URL)'),
  nats: natsServerSchema.prefault({}),
  bus: busSchema.prefault({}),
  publisher: framePublisherSchema.prefault({}),
  source: frameSourceSchema.prefault({}),
  collector: collectorSchema.prefault({}),
  edges: edgesSchema.prefault({}),
  ipfix_streams: ipfixStreamsSchema.prefault({}),
  processor: processorSchema.prefault({}),
  detector: detectorSchema.prefault({}),
  itsm: itsmSchema.prefault({}),
  threats: threatsSchema.prefault({}),
  geo: geoSchema.prefault({}),
  devices: devicesSchema.prefault({}),
  privacy: privacySchema.prefault({}),
  store: storeSchema.prefault({}),
  web: webSchema.prefault({}),
  simulator: simulatorSchema.prefault({}),
})
export const vigieSchema = settings.superRefine(checkServiceNames)
export type VigieSettings = z.infer<typeof vigieSchema>

/** The settings with what follows from them: folders below `data_dir`, and where the two servers are. */
export interface VigieConfig extends Omit<VigieSettings, 'clickhouse_url'> {
  readonly clickhouse_url: string
  readonly embedded_nats: boolean
  readonly embedded_store: boolean
}

/** A folder that was left at its default moves with `data_dir`. */
const below = (dataDir: string, path: string): string =>
  path.startsWith('./data/') ? join(dataDir, path.slice('./data/'.length)) : path

/** Settings to configuration. */
export function derive(settings: VigieSettings): VigieConfig {
  const { data_dir, nats, publisher, store, bus, edges } = settings
  const natsUrl = settings.nats_url ?? `nats://${nats.host}:${nats.port}`
  return {
    ...settings,
    embedded_nats: settings.nats_url === undefined,
    embedded_store: settings.clickhouse_url === undefined,
    clickhouse_url: settings.clickhouse_url ?? `http://${store.host}:${store.port}`,
    nats: { ...nats, data_dir: below(data_dir, nats.data_dir) },
    publisher: { ...publisher, spool_dir: below(data_dir, publisher.spool_dir) },
    edges: {
      ...edges,
      publisher: { ...edges.publisher, spool_dir: below(data_dir, edges.publisher.spool_dir) },
    },
    store: { ...store, data_dir: below(data_dir, store.data_dir) },
    bus: { ...bus, url: natsUrl },
  }
}
