import { z } from 'zod'

const count = (min = 1) => z.number().int().min(min)

/** The embedded store: chDB in a process of its own, behind ClickHouse's HTTP interface. */
export const storeSchema = z.strictObject({
  /** Address to listen on; loopback unless told otherwise. */
  host: z.string().default('127.0.0.1').describe('address of the HTTP interface'),
  /** 0: any free port. */
  port: z.number().int().min(0).max(65535).default(8123).describe('port of the HTTP interface'),
  data_dir: z.string().default('./data/store').describe('folder of the tables'),
  /** Password of the user `default`; none is asked for without it. */
  password: z.string().optional().describe('password of the user default'),
  /** Password of the user `reader`, who may only read. */
  reader_password: z.string().optional().describe('password of the user reader, who may only read'),
  /** Queries that run at once; more wait for their turn. */
  queries_max: count().default(8),
  /** Queries that may wait; more are refused with status 503. */
  waiting_max: count().default(256),
  /** Largest query text. */
  query_bytes_max: count(1024).default(1024 * 1024),
  /** Days that flows are kept. */
  flows_days: count().default(15).describe('days that flow rows are kept'),
  rollup_days: count().default(400).describe('days that the one-minute rollup is kept'),
})
export type StoreConfig = z.infer<typeof storeSchema>
