/** Tables that grow: each shard has its share. All others are whole on every server, so that dictionaries find them there. */
const SHARDED = new Set([
  'flows',
  'flows_1m',
  'findings',
  'ledger',
  'ledger_1m',
  'link_samples',
  'link_samples_1m',
  'link_samples_1h',
  'link_samples_1d',
  'tunnel_samples',
  'tunnel_samples_1m',
  'tunnel_samples_1h',
  'tunnel_samples_1d',
  'edge_events',
  'edge_ledger',
  'if_counters',
  'if_counters_1m',
  'if_counters_1h',
])

/**
 * A statement of the schema as a cluster wants it. `t` becomes `t_local`, replicated, and a sharded one gets a Distributed
 * table in front under its own name; a view moves rows where they arrive. The servers must define the macros `shard` and
 * `replica`.
 *
 * ```
 * INSERT ─▶ vigie.flows (Distributed) ─▶ vigie.flows_local (ReplicatedMergeTree) ─▶ flows_1m_view ─▶ vigie.flows_1m_local
 * SELECT ─▶ vigie.flows ─▶ vigie.flows_local of every shard
 * ```
 */
export function onCluster(statement: string, cluster: string): string[] {
  const [, kind, name] =
    /^CREATE (TABLE|DICTIONARY|MATERIALIZED VIEW|VIEW) IF NOT EXISTS vigie\.(\w+)/.exec(statement) ?? []
  if (kind === undefined || name === undefined) return [everywhere(statement, cluster)]
  const on = (table: string, sql: string): string =>
    sql.replace(/IF NOT EXISTS vigie\.\w+/, `IF NOT EXISTS vigie.${table} ON CLUSTER ${cluster}`)
  // A view that is refreshed reads all shards; one that is fed reads and fills its own.
  if (kind === 'MATERIALIZED VIEW')
    return [on(name, / REFRESH EVERY /.test(statement) ? statement : localNames(statement))]
  if (kind !== 'TABLE') return [on(name, statement)]
  const sharded = SHARDED.has(name)
  const local = sharded ? `${name}_local` : name
  const path = `/clickhouse/tables/${sharded ? '{shard}' : 'all'}/vigie/${name}`
  // What is the same on all servers counts all of them as replicas of one shard.
  const replica = sharded ? '{replica}' : '{shard}-{replica}'
  const replicated = statement
    .replace(/ENGINE = (\w*MergeTree)(?:\((.*)\))?/, (_, engine: string, values?: string) => {
      const more = values ? `, ${values}` : ''
      return `ENGINE = Replicated${engine}('${path}', '${replica}'${more})`
    })
    .replace('non_replicated_deduplication_window', 'replicated_deduplication_window')
  if (!sharded) return [on(local, replicated)]
  const front = `CREATE TABLE IF NOT EXISTS vigie.${name} ON CLUSTER ${cluster} AS vigie.${local}
ENGINE = Distributed(${cluster}, vigie, ${local}, rand())`
  return [on(local, replicated), front]
}

/** What changes or takes away an object does so on all servers. */
const everywhere = (sql: string, cluster: string): string =>
  sql.replace(
    /^(CREATE OR REPLACE VIEW|DROP VIEW IF EXISTS|ALTER TABLE|CREATE FUNCTION IF NOT EXISTS) ([\w.]+)/,
    `$1 $2 ON CLUSTER ${cluster}`,
  )

/** A view reads and fills the tables of its own server. */
const localNames = (sql: string): string =>
  sql.replace(/\b(TO|FROM) vigie\.(\w+)/g, (all, word: string, table: string) =>
    SHARDED.has(table) ? `${word} vigie.${table}_local` : all,
  )
