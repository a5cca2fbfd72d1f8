/** Content-Type of an answer by its format, as ClickHouse's own output formats state it. */
const TYPES: readonly (readonly [RegExp, string])[] = [
  [
    /^(Pretty)?JSON(Compact)?(Strings)?(EachRow|Lines)|^(ND)?JSONL?(ines)?EachRow|^NDJSON$|^JSONL$|^PrettyNDJSON$/,
    'application/x-ndjson; charset=UTF-8',
  ],
  [/^JSON|^GeoJSON$/, 'application/json; charset=UTF-8'],
  [/^CSVWithNames/, 'text/csv; charset=UTF-8; header=present'],
  [/^CSV/, 'text/csv; charset=UTF-8; header=absent'],
  [/^(TSV|TabSeparated|Raw|TSKV|LineAsString)/, 'text/tab-separated-values; charset=UTF-8'],
  [/^XML$/, 'application/xml; charset=UTF-8'],
  [/^(MD|Markdown)$/, 'text/markdown; charset=UTF-8'],
  [/^Prometheus$/, 'text/plain; version=0.0.4; charset=UTF-8'],
  [
    /^(Native|RowBinary|Parquet|Arrow|ORC|Avro|MsgPack|Npy|Protobuf|BSON|RawBLOB|Buffers)/,
    'application/octet-stream',
  ],
  [/^PNG$/, 'image/png'],
]

export const contentType = (format: string): string =>
  TYPES.find(([formats]) => formats.test(format))?.[1] ?? 'text/plain; charset=UTF-8'
