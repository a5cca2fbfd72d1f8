import type { ClickHouseClient } from '@clickhouse/client'
import { REGIONS } from '../../model/registry.js'
import { insertDemoMonths } from './demo_months.js'

/**
 * Rows of a small network for the tests of dashboards: 5 organisations, 20 sites in 10 regions, a day of minutes with its
 * peak at noon, the last three quarters of an hour as raw flows, findings of each severity, and a ledger that balances.
 * Everything is counted back from `nowMs`; the same moment gives the same rows.
 */
export const DEMO = {
  organizations: 5,
  sites: 20,
  /** Address that the attacks go to. */
  target: '10.4.0.20',
  /** The finding with raw flows behind it. */
  attack: 'ddos-syn-10.4.0.20',
} as const

const SERVICES_OF_APPS = [
  ['dossier-sante', 'Dossier santé', 'Health record', 3, 443],
  ['imagerie', 'Imagerie médicale', 'Medical imaging', 4, 104],
  ['bureautique', 'Bureautique', 'Office suite', 5, 443],
  ['telephonie', 'Téléphonie IP', 'IP telephony', 1, 5060],
  ['visio', 'Visioconférence', 'Video meetings', 2, 3478],
  ['courriel', 'Courriel', 'E-mail', 11, 25],
  ['sauvegarde', 'Sauvegarde', 'Backup', 7, 10000],
  ['dns', 'DNS', 'DNS', 12, 53],
] as const

const name = (number: number, id: string, fr: string, en: string): object => ({
  number,
  id,
  name_fr: fr,
  name_en: en,
  version: 1,
})

async function insertNames(client: ClickHouseClient): Promise<void> {
  const put = (table: string, values: object[]): Promise<unknown> =>
    client.insert({ table: `vigie.${table}`, values, format: 'JSONEachRow' })
  const numbers = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1)
  await put(
    'organizations',
    numbers(DEMO.organizations).map((n) =>
      name(n, `org-${n}`, `Organisme d’essai n° ${n}`, `Test body no. ${n}`),
    ),
  )
  await put(
    'sites',
    numbers(DEMO.sites).map((n) => ({
      ...name(n, `site-${n}`, `Hôpital n° ${n}`, `Hospital no. ${n}`),
      organization: 1 + (n % DEMO.organizations),
      kind: n % 3 === 0 ? 'hospital' : 'clinic',
      region: 1 + (n % 10),
      municipality: 'Ville d’essai',
      // One site in seven is where nobody wrote down.
      lat: n % 7 === 0 ? null : 45.3 + 0.31 * (n % 10) + 0.04 * n,
      lon: n % 7 === 0 ? null : -74.4 + 0.72 * (n % 10) + 0.05 * n,
      network: n % 2 === 0 ? 'rgt' : 'ritm',
      migration_wave: n % 4,
    })),
  )
  await put(
    'regions',
    Object.entries(REGIONS).map(([code, text]) => name(Number(code), code, text, text)),
  )
  await put(
    'links',
    numbers(DEMO.sites).map((n) => ({
      number: n,
      id: `lien-${n}`,
      version: 1,
      site: n,
      supplier: 1,
      technology: 'fibre',
      committed_bps: 100_000_000,
    })),
  )
  await put('suppliers', [name(1, 'fournisseur-a', 'Fournisseur A', 'Supplier A')])
  await put(
    'applications',
    SERVICES_OF_APPS.map(([id, fr, en, cls], i) => ({ ...name(1001 + i, id, fr, en), class: cls })),
  )
  await put(
    'app_classes',
    SERVICES_OF_APPS.map(([id, fr, en, cls]) => name(cls, `class-${id}`, `Classe ${fr}`, `${en} class`)),
  )
}

const list = (pick: (app: (typeof SERVICES_OF_APPS)[number]) => string | number): string =>
  `[${SERVICES_OF_APPS.map((app) => (typeof pick(app) === 'number' ? pick(app) : `'${pick(app)}'`)).join(', ')}]`

/** A day of minutes, without the last hour: that comes from raw flows. */
const minutesSql = (now: number): string => `
INSERT INTO vigie.flows_1m (minute, exporter_addr, src_org_id, dst_org_id, src_site_id, dst_site_id, src_region_code,
  dst_region_code, locality, provider_id, link_id, app_rule_id, app_class_id, ip_proto, service_port, counted, flows, bytes,
  packets, bytes_est, packets_est)
WITH intDiv(number, 40) AS m, number % 40 AS k, 1 + k % ${DEMO.sites} AS site, 1 + k % 8 AS app,
  toDateTime(${now}) - 2700 - 60 * m AS at, 0.6 + 0.4 * sin((toHour(at) * 60 + toMinute(at)) / 1440 * 2 * pi()) AS day,
  toUInt64(day * (30000000 / (1 + k)) * (0.8 + (cityHash64(number) % 400) / 1000)) AS octets
SELECT toStartOfMinute(at), IPv4ToIPv6(toIPv4(concat('192.0.2.', toString(site)))), 1 + site % ${DEMO.organizations},
  if(k % 3 = 0, 0, 1 + (site + 1) % ${DEMO.organizations}), site, if(k % 3 = 0, 0, 1 + (site + 6) % ${DEMO.sites}),
  1 + site % 10, if(k % 3 = 0, 0, 1 + (site + 6) % 10), if(k % 3 = 0, 1, 3), 1, site, 1000 + app,
  ${list((app) => app[3])}[app], if(app IN (4, 8), 17, 6), ${list((app) => app[4])}[app], 1, 20 + k, octets,
  intDiv(octets, 700), octets, intDiv(octets, 700)
FROM numbers(${40 * 60 * 24})`

/** Three quarters of an hour of raw flows; one in twelve belongs to the attack of the last ten minutes. */
const flowsSql = (now: number): string => `
INSERT INTO vigie.flows (time_received, flow_start, flow_end, export_protocol, exporter_addr, observation_domain, src_addr,
  dst_addr, src_port, dst_port, ip_proto, tcp_flags, bytes, packets, sampling_rate, src_as, dst_as, src_org_id, dst_org_id,
  src_site_id, dst_site_id, src_region_code, dst_region_code, locality, provider_id, link_id, app_rule_id, app_class_id,
  src_country_code, dst_country_code)
WITH number % 12 = 0 AND number < 12000 AS attack, 1 + number % ${DEMO.sites} AS site, 1 + number % 8 AS app,
  cityHash64(number) AS h, fromUnixTimestamp64Milli(${now}000 - intDiv(number * 2700000, 54000)) AS at,
  number % 3 = 0 AS out
SELECT at, at - 5, at, if(site % 2 = 0, 'netflow9', 'ipfix'), IPv4ToIPv6(toIPv4(concat('192.0.2.', toString(site)))), 1,
  if(attack, IPv4ToIPv6(toIPv4(3405803776 + h % 200)), IPv4ToIPv6(toIPv4(167772160 + site * 65536 + h % 250))),
  if(attack, toIPv6('::ffff:${DEMO.target}'), IPv4ToIPv6(toIPv4(if(out, 3325256704, 168034304) + h % 90))),
  if(attack, [53, 123, 1900][1 + h % 3], 1024 + h % 60000), if(attack, 443, ${list((app) => app[4])}[app]),
  if(attack OR app IN (4, 8), 17, 6), if(attack, 2, 27), if(attack, 120000, 800 + h % 90000), if(attack, 900, 2 + h % 60),
  1, 64500 + h % 5, 64512, if(attack, 0, 1 + site % ${DEMO.organizations}),
  if(attack, 5, if(out, 0, 1 + (site + 1) % ${DEMO.organizations})), if(attack, 0, site),
  if(attack, 4, if(out, 0, 1 + (site + 6) % ${DEMO.sites})), if(attack, 0, 1 + site % 10), if(attack, 5, if(out, 0, 7)),
  multiIf(attack, 'inbound', out, 'outbound', 'internal'), 1, site, 1000 + app, ${list((app) => app[3])}[app],
  if(attack, [17231, 21079, 16978][1 + h % 3], 17217), if(out, 21843, 17217)
FROM numbers(54000)`

interface DemoFinding {
  readonly uid: string
  readonly service: string
  readonly severity_id: number
  readonly ago: number
  readonly lasted?: number
  readonly org?: number
  readonly site?: number
  readonly src: readonly string[]
  readonly dst: readonly string[]
  readonly title: readonly [string, string]
  readonly evidence: object
}

const ATTACK_EVIDENCE = {
  kind: 'syn_flood',
  peak_packets_per_s: 91_000,
  peak_bits_per_s: 96_000_000,
  floor_per_s: 20_000_000,
  floor_unit: 'bit/s',
  baseline_median_per_s: 3_000_000,
  sources_estimated: 200,
}

/** Findings; `ago` and `lasted` in minutes, those without `lasted` are open. */
function findings(): DemoFinding[] {
  const attack: DemoFinding = {
    uid: DEMO.attack,
    service: 'ddos',
    severity_id: 5,
    ago: 10,
    org: 5,
    site: 4,
    src: ['203.0.113.1', '203.0.113.2'],
    dst: [DEMO.target],
    title: ['Inondation SYN vers un hôte du site site-4', 'SYN flood to a host at site site-4'],
    evidence: ATTACK_EVIDENCE,
  }
  const outbound: DemoFinding = {
    ...attack,
    uid: 'ddos-out',
    severity_id: 6,
    ago: 30,
    src: ['10.7.0.9'],
    dst: [],
    title: ['Attaque par déni de service lancée par un hôte', 'Denial-of-service attack launched by a host'],
    evidence: { ...ATTACK_EVIDENCE, kind: 'outbound_flood' },
  }
  const scans = Array.from(
    { length: 24 },
    (_, i): DemoFinding => ({
      uid: `scan-${i}`,
      service: 'scan',
      severity_id: 1 + (i % 5),
      ago: 20 + i * 55,
      ...(i % 3 === 0 ? {} : { lasted: 10 + i }),
      org: 1 + (i % DEMO.organizations),
      site: 1 + (i % DEMO.sites),
      src: [`10.${1 + (i % 6)}.0.7`],
      dst: [],
      title: ['Balayage de ports d’un hôte', 'Port scan of a host'],
      evidence: { kind: 'vertical', measured: 900 + i, threshold: 100, attempts: 1000 + i },
    }),
  )
  return [attack, outbound, ...scans]
}

function findingRows(nowMs: number): object[] {
  const iso = (ms: number): string => new Date(ms).toISOString().replace('T', ' ').replace('Z', '')
  return findings().flatMap((f) => {
    const first = nowMs - f.ago * 60_000
    const last = f.lasted === undefined ? nowMs - 20_000 : first + f.lasted * 60_000
    const row = (activity: string, time: number): object => ({
      uid: f.uid,
      time: iso(time),
      activity,
      service: f.service,
      severity_id: f.severity_id,
      org: f.org === undefined ? '' : `org-${f.org}`,
      site: f.site === undefined ? '' : `site-${f.site}`,
      src: f.src,
      dst: f.dst,
      dst_port: 443,
      ip_proto: f.service === 'ddos' ? 17 : 6,
      first_seen: iso(first),
      last_seen: iso(activity === 'create' ? first + 30_000 : last),
      score: 60 + f.severity_id * 5,
      technique: f.service === 'ddos' ? 'T1498.001' : 'T1046',
      title_fr: f.title[0],
      title_en: f.title[1],
      evidence: JSON.stringify(f.evidence),
      brief: '{}',
    })
    const closed = f.lasted === undefined ? [] : [row('close', last + 60_000)]
    return [row('create', first + 30_000), row('update', (first + last) / 2 + 20_000), ...closed]
  })
}

/** A frame every ten seconds for a day, one in fifty with a reject; totals of the collector go up with it. */
const ledgerSql = (now: number): string => `
INSERT INTO vigie.ledger (sequence, collector, number, closed, datagrams, records, stored, rejected, rejected_by, batch,
  registry_version, received, framed, waiting, kernel_dropped, sequence_lost, collector_rejected, written)
WITH 8640 - number AS n, fromUnixTimestamp64Milli(toInt64(${now}000 - 10000 * number)) AS at, n % 50 = 0 AS bad
SELECT n, 'essai', n, at, 400, 10000, 10000 - if(bad, 2, 0), if(bad, 2, 0),
  if(bad, map('record_truncated', 2), map())::Map(String, UInt64), 'b', 1, 400 * n + intDiv(n, 20) + 3, 400 * n, 3, 0,
  intDiv(n, 400), map('version_unknown', intDiv(n, 20))::Map(String, UInt64), at + 1 + (n % 7) / 10
FROM numbers(8640)`

/**
 * A sample a minute of each site's link and of its tunnel to the first site, for six hours. Site 3 has been down for ten
 * minutes, site 5 is degraded, and site 7's voice suffers from its loss.
 */
const samplesSql = (now: number, table: 'link' | 'tunnel'): string => `
INSERT INTO vigie.${table}_samples (observed_at, received_at, org_id, site_id, link_id, supplier_id, vendor, device, link,
  direction, latency_ms, latency_kind, latency_statistic, jitter_ms, jitter_kind, loss_ratio, mos_computed, tx_bps, rx_bps,
  tx_capacity_bps, rx_capacity_bps, state, sla_class${table === 'tunnel' ? ', local_color, remote_color, remote, remote_site_id' : ''})
WITH 1 + number % ${DEMO.sites} AS site, intDiv(number, ${DEMO.sites}) AS m, cityHash64(number) % 100 / 100 AS r,
  fromUnixTimestamp64Milli(toInt64(${now}000 - 60000 * m)) AS at, site = 3 AND m < 10 AS dead, site = 7 AND m % 5 = 0 AS lossy
SELECT at, at, 1 + site % ${DEMO.organizations}, site, site, 1, 'generic', concat('edge-', toString(site)), 'wan1', 'both',
  if(dead, NULL, 12 + site + 8 * r), 'round_trip', 'mean', if(dead, NULL, 1 + 3 * r), 'smoothed',
  if(dead, NULL, if(lossy, 0.12, 0.001 * r)), if(dead, NULL, if(lossy, 2.8, 4.2 + 0.1 * r)),
  if(dead, NULL, 2e6 + 4e6 * r), if(dead, NULL, 9e6 + 9e6 * r), 1e8, 1e8, multiIf(dead, 'down', site = 5, 'degraded', 'up'), 'voix'
  ${table === 'tunnel' ? ", 'mpls', 'mpls', '192.0.2.1', 1" : ''}
FROM numbers(${DEMO.sites * 360})`

const eventsSql = (now: number): string => `
INSERT INTO vigie.edge_events (observed_at, received_at, org_id, site_id, link_id, supplier_id, vendor, device, event, severity_id,
  message, state)
SELECT fromUnixTimestamp64Milli(toInt64(${now}000 - 600000 - 3600000 * number)) AS at, at, 4, 3, 3, 1, 'generic', 'edge-3',
  'link-down', 4, 'wan1 lost its carrier', 'down'
FROM numbers(5)`

/** Fills an empty store. */
export async function insertDemoRows(client: ClickHouseClient, nowMs: number): Promise<void> {
  const now = Math.floor(nowMs / 1000)
  await insertNames(client)
  const queries = [minutesSql, flowsSql, ledgerSql, eventsSql].map((sql) => sql(now))
  queries.push(samplesSql(now, 'link'), samplesSql(now, 'tunnel'))
  for (const query of queries) await client.command({ query })
  await client.insert({ table: 'vigie.findings', values: findingRows(nowMs), format: 'JSONEachRow' })
  for (const dictionary of [
    'organizations',
    'sites',
    'regions',
    'suppliers',
    'links',
    'applications',
    'app_classes',
  ]) {
    await client.command({ query: `SYSTEM RELOAD DICTIONARY vigie.${dictionary}_names` })
  }
  await insertDemoMonths(client, now, DEMO.sites, DEMO.organizations)
}
