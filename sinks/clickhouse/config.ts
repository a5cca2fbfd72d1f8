import { z } from 'zod'

const MIB = 1024 * 1024
const count = (min = 1) => z.number().int().min(min)
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/

function isTimeZone(name: string): boolean {
  try {
    return /^[\w/+-]+$/.test(name) && new Intl.DateTimeFormat('en', { timeZone: name }) !== undefined
  } catch {
    return false
  }
}

/** The embedded store: chDB in a process of its own, behind ClickHouse's HTTP interface; and how long it keeps what. */
export const storeSchema = z
  .strictObject({
    /** Address to listen on. Any but a loopback address needs a password. */
    host: z.string().default('127.0.0.1').describe('address of the HTTP interface'),
    /** 0: any free port. */
    port: z.number().int().min(0).max(65535).default(8123).describe('port of the HTTP interface'),
    data_dir: z.string().default('./data/store').describe('folder of the tables'),
    /** Password of the user `default`; none is asked for without it. */
    password: z.string().min(1).optional().describe('password of the user default'),
    /** Password of the user `reader`, who may only read; there is no such user without it. */
    reader_password: z.string().min(1).optional().describe('password of the user reader, who may only read'),
    /** Settings that hold for every query of `reader` and that it cannot change, `additional_table_filters` for one. */
    reader_settings: z
      .record(z.string(), z.string())
      .default({})
      .describe('settings forced on the user reader'),
    /** Queries that run at once, of which one may use both cores; more wait for their turn. */
    queries_max: count().default(8),
    /** Inserts with data that run at once, beside the queries. */
    inserts_max: count().default(3),
    /** Queries and inserts that may wait; more are refused as by a busy server. */
    waiting_max: count().default(256),
    /** Largest text of a query. */
    query_bytes_max: count(1024).default(MIB),
    /** Largest body of one insert; it lies in a file below `data_dir` until it is inserted. */
    insert_bytes_max: count(MIB).default(2048 * MIB),
    /** Bytes of an answer kept back until it is known whether the query succeeds. */
    answer_buffer_bytes: count(0).default(256 * 1024),
    /** Memory of the engine, over which queries fail; 0: half of the machine's. */
    memory_bytes_max: count(0).default(0),
    /** Threads that merge parts. They run at a lower priority than queries and inserts. */
    merge_threads: count().default(2),
    /** Writes every insert through to the disk: safe also when the machine loses power, at a fraction of the speed. */
    fsync: z.boolean().default(false).describe('inserts survive a loss of power, not only a crash'),
    /** Days that flows are kept. */
    flows_days: count().default(15).describe('days that flow rows are kept'),
    findings_days: count()
      .default(400)
      .describe('days that findings are kept, and matches of threat indicators'),
    rollup_days: count().default(400).describe('days that one-minute rollups and events of edges are kept'),
    samples_days: count().default(30).describe('days that samples of SD-WAN edges are kept one by one'),
    rollup_1h_days: count().default(1100).describe('days that one-hour rollups are kept'),
    rollup_1d_days: count().default(1500).describe('days that one-day rollups are kept'),
    /** Where days and months begin: of service levels, capacity and bills. Rollups of days are cut by it when they are made. */
    time_zone: z
      .string()
      .refine(isTimeZone, { message: 'must be a time zone of the IANA, America/Toronto for one' })
      .default('America/Toronto')
      .describe('where days and months of reports begin; not to be changed once days were rolled'),
    /** Days are rolled again while samples of them come. */
    roll_minutes: count().default(5).describe('minutes between rolls of days and months'),
    /** Name of a cluster: tables are replicated on it, and each has a Distributed table in front. */
    cluster: z
      .string()
      .regex(/^\w*$/)
      .default('')
      .describe('ClickHouse cluster to replicate and distribute over; empty on one server'),
  })
  .refine(({ host, password }) => LOOPBACK.test(host) || password !== undefined, {
    path: ['password'],
    message: 'must be set when host is not a loopback address',
  })
export type StoreConfig = z.infer<typeof storeSchema>

/** Whether a host name or address can be reached from this machine alone. */
export const isLoopback = (host: string): boolean => LOOPBACK.test(host.replace(/^\[|\]$/g, ''))
