import type { Finding } from '../../model/finding.js'
import { NativeRows } from './native_rows.js'

const FINDINGS = new NativeRows({
  uid: 'String',
  time: 'DateTime64(3)',
  activity: 'String',
  service: 'String',
  severity_id: 'UInt8',
  org: 'String',
  site: 'String',
  src: 'Array(String)',
  dst: 'Array(String)',
  dst_port: 'UInt16',
  ip_proto: 'UInt8',
  first_seen: 'DateTime64(3)',
  last_seen: 'DateTime64(3)',
  score: 'Float64',
  technique: 'String',
  title_fr: 'String',
  title_en: 'String',
  evidence: 'String',
  brief: 'String',
})

/** One Native block of rows of `vigie.findings`. */
export const encodeFindings = (findings: readonly Finding[]): Uint8Array =>
  FINDINGS.encode(
    findings.map(({ title, evidence, ...finding }) => ({
      ...finding,
      title_fr: title.fr,
      title_en: title.en,
      evidence: JSON.stringify(evidence),
      brief: JSON.stringify({ ...finding, title, evidence }),
    })),
  )
