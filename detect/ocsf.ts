import type { Finding, FindingActivity } from '../model/finding.js'
import type { AnyService } from './service.js'

/** Version of OCSF that the full form follows: https://schema.ocsf.io/1.8.0/classes/detection_finding */
export const OCSF_VERSION = '1.8.0'

const ACTIVITIES: Readonly<Record<FindingActivity, { id: number; name: string; status: number }>> = {
  create: { id: 1, name: 'Create', status: 1 },
  update: { id: 2, name: 'Update', status: 2 },
  close: { id: 3, name: 'Close', status: 4 },
}
const CLASS_UID = 2004
const STATUSES: Readonly<Record<number, string>> = {
  1: 'New',
  2: 'In Progress',
  3: 'Suppressed',
  4: 'Resolved',
}
/** A finding that people marked as nothing was not resolved. */
const SUPPRESSED = 3
const SEVERITIES = ['Unknown', 'Informational', 'Low', 'Medium', 'High', 'Critical', 'Fatal']
const ANALYTIC_TYPES: Readonly<Record<number, string>> = { 1: 'Rule', 2: 'Behavioral', 3: 'Statistical' }

/** ATT&CK (v17) techniques that services name: name, and the tactic under which a flow shows them. */
const TECHNIQUES: Readonly<Record<string, { name: string; tactic: string; tacticName: string }>> = {
  T1018: { name: 'Remote System Discovery', tactic: 'TA0007', tacticName: 'Discovery' },
  T1021: { name: 'Remote Services', tactic: 'TA0008', tacticName: 'Lateral Movement' },
  T1029: { name: 'Scheduled Transfer', tactic: 'TA0010', tacticName: 'Exfiltration' },
  'T1021.001': { name: 'Remote Desktop Protocol', tactic: 'TA0008', tacticName: 'Lateral Movement' },
  'T1021.002': { name: 'SMB/Windows Admin Shares', tactic: 'TA0008', tacticName: 'Lateral Movement' },
  'T1021.003': {
    name: 'Distributed Component Object Model',
    tactic: 'TA0008',
    tacticName: 'Lateral Movement',
  },
  'T1021.004': { name: 'SSH', tactic: 'TA0008', tacticName: 'Lateral Movement' },
  'T1021.005': { name: 'VNC', tactic: 'TA0008', tacticName: 'Lateral Movement' },
  'T1021.006': { name: 'Windows Remote Management', tactic: 'TA0008', tacticName: 'Lateral Movement' },
  T1030: { name: 'Data Transfer Size Limits', tactic: 'TA0010', tacticName: 'Exfiltration' },
  T1041: { name: 'Exfiltration Over C2 Channel', tactic: 'TA0010', tacticName: 'Exfiltration' },
  T1046: { name: 'Network Service Discovery', tactic: 'TA0007', tacticName: 'Discovery' },
  T1048: { name: 'Exfiltration Over Alternative Protocol', tactic: 'TA0010', tacticName: 'Exfiltration' },
  'T1048.003': {
    name: 'Exfiltration Over Unencrypted Non-C2 Protocol',
    tactic: 'TA0010',
    tacticName: 'Exfiltration',
  },
  T1071: { name: 'Application Layer Protocol', tactic: 'TA0011', tacticName: 'Command and Control' },
  'T1071.001': { name: 'Web Protocols', tactic: 'TA0011', tacticName: 'Command and Control' },
  'T1071.004': { name: 'DNS', tactic: 'TA0011', tacticName: 'Command and Control' },
  T1090: { name: 'Proxy', tactic: 'TA0011', tacticName: 'Command and Control' },
  'T1090.003': { name: 'Multi-hop Proxy', tactic: 'TA0011', tacticName: 'Command and Control' },
  T1095: { name: 'Non-Application Layer Protocol', tactic: 'TA0011', tacticName: 'Command and Control' },
  T1110: { name: 'Brute Force', tactic: 'TA0006', tacticName: 'Credential Access' },
  'T1110.001': { name: 'Password Guessing', tactic: 'TA0006', tacticName: 'Credential Access' },
  'T1110.003': { name: 'Password Spraying', tactic: 'TA0006', tacticName: 'Credential Access' },
  T1496: { name: 'Resource Hijacking', tactic: 'TA0040', tacticName: 'Impact' },
  T1498: { name: 'Network Denial of Service', tactic: 'TA0040', tacticName: 'Impact' },
  'T1498.001': { name: 'Direct Network Flood', tactic: 'TA0040', tacticName: 'Impact' },
  'T1498.002': { name: 'Reflection Amplification', tactic: 'TA0040', tacticName: 'Impact' },
  T1499: { name: 'Endpoint Denial of Service', tactic: 'TA0040', tacticName: 'Impact' },
  'T1499.001': { name: 'OS Exhaustion Flood', tactic: 'TA0040', tacticName: 'Impact' },
  T1567: { name: 'Exfiltration Over Web Service', tactic: 'TA0010', tacticName: 'Exfiltration' },
  T1571: { name: 'Non-Standard Port', tactic: 'TA0011', tacticName: 'Command and Control' },
  T1572: { name: 'Protocol Tunneling', tactic: 'TA0011', tacticName: 'Command and Control' },
  T1573: { name: 'Encrypted Channel', tactic: 'TA0011', tacticName: 'Command and Control' },
  T1599: { name: 'Network Boundary Bridging', tactic: 'TA0005', tacticName: 'Defense Evasion' },
  T1595: { name: 'Active Scanning', tactic: 'TA0043', tacticName: 'Reconnaissance' },
  'T1595.001': { name: 'Scanning IP Blocks', tactic: 'TA0043', tacticName: 'Reconnaissance' },
}
const ATTACK_VERSION = '17'

export interface OcsfOptions {
  readonly services: readonly AnyService[]
  readonly productVersion: string
  /** Language of `title` and `desc`; the other one stands in `unmapped`. */
  readonly lang: 'fr' | 'en'
}

/** The full form of a finding: an OCSF Detection Finding. A plain object, its keys in the order of the class. */
export function toOcsf(finding: Finding, options: OcsfOptions): Record<string, unknown> {
  const activity = ACTIVITIES[finding.activity]
  const marked = finding.activity === 'close' && finding.evidence.marked !== undefined
  const status = marked ? SUPPRESSED : activity.status
  return {
    activity_id: activity.id,
    activity_name: activity.name,
    category_uid: 2,
    category_name: 'Findings',
    class_uid: CLASS_UID,
    class_name: 'Detection Finding',
    type_uid: CLASS_UID * 100 + activity.id,
    time: finding.time,
    start_time: finding.first_seen,
    end_time: finding.last_seen,
    severity_id: finding.severity_id,
    severity: SEVERITIES[finding.severity_id] ?? SEVERITIES[0],
    status_id: status,
    status: STATUSES[status],
    is_alert: finding.activity !== 'close' && finding.severity_id >= 3,
    confidence_score: finding.score,
    risk_score: riskOf(finding),
    message: finding.title[options.lang],
    metadata: {
      version: OCSF_VERSION,
      product: { name: 'Vigie', vendor_name: 'Vigie', version: options.productVersion },
      // One event a moment of a finding's life: the id under which it was published.
      uid: `${finding.uid}.${finding.activity}.${finding.time}`,
    },
    finding_info: findingInfo(finding, options),
    evidences: evidences(finding),
    ...anomalyAnalyses(finding),
    ...resources(finding),
    unmapped: { service: finding.service, title: finding.title, evidence: finding.evidence },
  }
}

/** Severity weighed by confidence, 0 to 100. */
function riskOf(finding: Finding): number {
  return Math.round((finding.severity_id / 6) * finding.score)
}

function findingInfo(
  finding: Finding,
  { services, lang, productVersion }: OcsfOptions,
): Record<string, unknown> {
  const service = services.find((s) => s.id === finding.service)
  const type = service?.analyticType ?? 2
  return {
    uid: finding.uid,
    title: finding.title[lang],
    ...(service === undefined ? {} : { desc: service.about[lang] }),
    types: [finding.service],
    created_time: finding.first_seen,
    modified_time: finding.time,
    first_seen_time: finding.first_seen,
    last_seen_time: finding.last_seen,
    analytic: {
      uid: finding.service,
      name: service?.title[lang] ?? finding.service,
      type_id: type,
      type: ANALYTIC_TYPES[type],
      version: productVersion,
    },
    ...(finding.technique === undefined ? {} : { attacks: [attack(finding.technique)] }),
  }
}

function attack(id: string): Record<string, unknown> {
  const [main] = id.split('.') as [string]
  const known = TECHNIQUES[id]
  const technique = { uid: main, ...(TECHNIQUES[main] === undefined ? {} : { name: TECHNIQUES[main].name }) }
  return {
    version: ATTACK_VERSION,
    ...(known === undefined ? {} : { tactic: { uid: known.tactic, name: known.tacticName } }),
    technique,
    ...(id === main
      ? {}
      : { sub_technique: { uid: id, ...(known === undefined ? {} : { name: known.name }) } }),
  }
}

/** Pairs of the endpoints a finding names: the one side that is single with each of the other. */
function evidences(finding: Finding): Record<string, unknown>[] {
  const sources = finding.src.length > 0 ? finding.src : [undefined]
  const destinations = finding.dst.length > 0 ? finding.dst : [undefined]
  const pairs = sources.flatMap((src) => destinations.map((dst) => ({ src, dst }))).slice(0, 16)
  const connection =
    finding.ip_proto === undefined ? {} : { connection_info: { protocol_num: finding.ip_proto } }
  return pairs.map(({ src, dst }) => ({
    ...(src === undefined ? {} : { src_endpoint: endpoint(src) }),
    ...(dst === undefined && finding.dst_port === undefined
      ? {}
      : {
          dst_endpoint: {
            ...(dst === undefined ? {} : endpoint(dst)),
            ...(finding.dst_port === undefined ? {} : { port: finding.dst_port }),
          },
        }),
    ...connection,
  }))
}

/** A prefix is no address: it stands as a name. */
function endpoint(text: string): Record<string, unknown> {
  return text.includes('/') ? { name: text } : { ip: text }
}

/** What was measured against what is normal, where the evidence says both (new in OCSF 1.8). */
function anomalyAnalyses(finding: Finding): Record<string, unknown> {
  const e = finding.evidence
  if (typeof e.baseline_median_per_s !== 'number') return {}
  const unit = String(e.floor_unit ?? '')
  const value = unit === 'bit/s' ? e.peak_bits_per_s : e.peak_packets_per_s
  const target = finding.dst[0] ?? finding.site ?? finding.org ?? 'network'
  return {
    anomaly_analyses: [
      {
        analysis_targets: [{ name: target, type: 'endpoint' }],
        anomalies: [{ observation_parameter: unit, observations: [{ value: String(value), count: 1 }] }],
        baselines: [
          {
            observation_parameter: unit,
            observations: [{ value: String(e.baseline_median_per_s), count: Number(e.baseline_steps ?? 0) }],
          },
        ],
      },
    ],
  }
}

function resources(finding: Finding): Record<string, unknown> {
  const list = [
    ...(finding.org === undefined ? [] : [{ uid: finding.org, type: 'organization' }]),
    ...(finding.site === undefined ? [] : [{ uid: finding.site, type: 'site' }]),
  ]
  return list.length === 0 ? {} : { resources: list }
}
