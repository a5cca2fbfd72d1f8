import { Readable } from 'node:stream'
import type { ClickHouseClient } from '@clickhouse/client'
import type { ThreatStore } from '../../model/threat.js'

/**
 * Flows of a time that a new indicator names, one row for each indicator, pair of addresses and service. An
 * address is cut to each of the lengths that indicators have, and what is left is looked for among them.
 */
const MATCH = `
INSERT INTO vigie.threat_matches
  (found, version, number, feed, value, severity_id, confidence, threat_end, src_addr, dst_addr, dst_port, ip_proto,
   src_org_id, dst_org_id, src_site_id, dst_site_id, first_seen, last_seen, flows, bytes, packets)
WITH news AS (
  SELECT number, feed, value, lo, length, severity_id, confidence, valid_from, valid_until
  FROM vigie.threat_indicators FINAL
  WHERE version = {version:UInt64} AND toUnixTimestamp(retired) = 0
)
SELECT now64(3), {version:UInt64}, n.number, any(n.feed), any(n.value), any(n.severity_id), any(n.confidence),
  CAST(groupBitOr(f.end) AS Enum8('none' = 0, 'src' = 1, 'dst' = 2, 'both' = 3)),
  f.src_addr, f.dst_addr, f.dst_port, f.ip_proto,
  any(f.src_org_id), any(f.dst_org_id), any(f.src_site_id), any(f.dst_site_id),
  min(f.time_received), max(f.time_received),
  countIf(f.counted = 1), sumIf(f.bytes * greatest(f.sampling_rate, 1), f.counted = 1),
  sumIf(f.packets * greatest(f.sampling_rate, 1), f.counted = 1)
FROM (
  SELECT *, arrayJoin((SELECT groupUniqArray(length) FROM news)) AS length, IPv6CIDRToRange(addr, length).1 AS lo
  FROM (
    SELECT time_received, src_addr, dst_addr, dst_port, ip_proto, src_org_id, dst_org_id, src_site_id, dst_site_id,
      bytes, packets, sampling_rate, counted, threat_id,
      arrayJoin([(1, src_addr), (2, dst_addr)]) AS side, side.1 AS end, side.2 AS addr
    FROM vigie.flows
    WHERE time_received >= fromUnixTimestamp64Milli({from:Int64}) AND time_received < fromUnixTimestamp64Milli({to:Int64})
  )
  WHERE (lo, length) IN (SELECT lo, length FROM news)
) AS f
INNER JOIN news AS n ON n.lo = f.lo AND n.length = f.length
WHERE f.time_received >= n.valid_from AND f.time_received < n.valid_until AND f.threat_id != n.number
GROUP BY n.number, f.src_addr, f.dst_addr, f.dst_port, f.ip_proto`

/** Indicators' names and matches of the past in ClickHouse. */
export class ClickHouseThreats implements ThreatStore {
  readonly #client: ClickHouseClient

  constructor(client: ClickHouseClient) {
    this.#client = client
  }

  async version(): Promise<number> {
    const answer = await this.#client.query({
      query: 'SELECT toFloat64(max(version)) AS version FROM vigie.threat_indicators',
      format: 'JSONEachRow',
    })
    const [row] = await answer.json<{ version: number }>()
    return row?.version ?? 0
  }

  async write(columns: readonly string[], rows: readonly Uint8Array[]): Promise<void> {
    if (rows.length === 0) return
    await this.#client.insert({
      table: 'vigie.threat_indicators',
      columns: columns as [string, ...string[]],
      values: Readable.from(rows, { objectMode: false }),
      format: 'TabSeparated',
    })
  }

  async match(version: number, fromMs: number, toMs: number): Promise<void> {
    await this.#client.command({
      query: MATCH,
      query_params: { version, from: Math.floor(fromMs), to: Math.floor(toMs) },
      clickhouse_settings: { max_threads: 1, wait_end_of_query: 1 },
    })
  }
}
