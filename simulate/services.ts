import type { Bilingual } from '../model/finding.js'
import type { AppClass } from '../model/registry.js'
import { type Prefix4, prefix4Text, v4 } from './address.js'
import type { CurveId } from './calendar.js'
import type { Network, Site } from './network.js'
import type { SiteKind } from './site_drafts.js'

/**
 * Who talks to whom: clients to a data centre, clients to the Internet, site to site, a data centre to
 * sites or out, the Internet in.
 */
export type Path = 'to_centre' | 'to_internet' | 'to_peer' | 'from_centre' | 'from_internet'

/** Median and deviation of the logarithm. */
export type Spread = readonly [number, number]

/** An exchange of a request and a response, payload bytes; or a stream of packets for as long as it lasts. */
export type Volume =
  | { readonly request: Spread; readonly response: Spread; readonly tail?: number }
  | { readonly packetsPerS: number; readonly packetBytes: number; readonly backRatio: number }

export interface Service {
  /** Its place in `SERVICES`, from which its addresses follow. */
  readonly index: number
  readonly id: string
  readonly name: Bilingual
  readonly appClass: AppClass
  /** RFC 6759: engine and selector, as edges export it. */
  readonly appId: string
  readonly proto: 1 | 6 | 17
  readonly ports: readonly number[]
  /** Share among conversations over the week, relative. */
  readonly weight: number
  readonly curve: CurveId
  readonly path: Path
  /** How much more or less a workstation of such a site uses it; left out: 1. */
  readonly affinity: Partial<Readonly<Record<SiteKind, number>>>
  readonly volume: Volume
  readonly durationMs: Spread
  readonly dscp: number
  /** How the registry tells the application; left out: by its application id only. */
  readonly rule?: (network: Network) => { prefixes?: string[]; ports?: string[] }
}

const DSCP = { default: 0, af11: 10, af21: 18, af31: 26, af41: 34, cs1: 8, cs2: 16, cs3: 24, ef: 46 } as const
const CARE = {
  hospital: 1.6,
  clinic: 1.4,
  residence: 0.9,
  office: 0.15,
  laboratory: 1.5,
  server_room: 0,
} as const
const OFFICES = { office: 1.5, hospital: 0.5, residence: 0.3, server_room: 0.1 } as const
const CENTRES_ONLY = {
  data_centre: 1,
  hospital: 0,
  clinic: 0,
  residence: 0,
  laboratory: 0,
  office: 0,
  server_room: 0,
} as const

/** Servers of a service in a data centre stand in a /24 of their own, by the service's place in the list. */
export const centrePrefix = (centre: Site, service: Service): Prefix4 => ({
  base: centre.v4.base + 256 * (16 + service.index),
  length: 24,
})

/** A service on the invented Internet (RFC 2544 benchmark addresses, first half) has a /22. */
export const internetPrefix = (service: Service): Prefix4 => ({
  base: v4(198, 18, 4 * service.index, 0),
  length: 22,
})

const ruleOf = (service: Service): Service['rule'] => {
  if (service.path === 'to_peer') return undefined
  const names = { 1: 'icmp', 6: 'tcp', 17: 'udp' }
  const ports = service.proto === 1 ? ['icmp'] : service.ports.map((p) => `${names[service.proto]}/${p}`)
  if (service.path === 'to_internet') return () => ({ prefixes: [prefix4Text(internetPrefix(service))] })
  if (service.path === 'to_centre')
    return (network) => ({
      prefixes: network.sites
        .filter((s) => s.kind === 'data_centre')
        .map((s) => prefix4Text(centrePrefix(s, service))),
      ports,
    })
  return undefined
}

const exchange = (request: Spread, response: Spread, tail?: number): Volume => ({
  request,
  response,
  ...(tail !== undefined && { tail }),
})
const stream = (packetsPerS: number, packetBytes: number, backRatio: number): Volume => ({
  packetsPerS,
  packetBytes,
  backRatio,
})

/**
 * `id|French|English|class|application id`; the order is part of the address plan: new services go at the
 * end.
 */
const NAMES = `
dossier-sante|Dossier santé|Health record|health_record|13:2001
messages-hl7|Messages cliniques HL7|HL7 clinical messages|health_record|13:2002
imagerie|Imagerie médicale|Medical imaging|medical_imaging|13:2003
laboratoire|Résultats de laboratoire|Laboratory results|health_record|13:2004
bureautique|Bureautique infonuagique|Cloud office suite|office|13:548
bureautique-quic|Bureautique infonuagique (QUIC)|Cloud office suite (QUIC)|office|13:549
courriel|Courriel|Mail|mail|13:73
visio|Vidéoconférence|Video meetings|video|13:1431
voix|Voix sur IP|Voice over IP|voice|3:5004
signalisation-sip|Signalisation SIP|SIP signalling|voice|3:5060
teleconsultation|Téléconsultation|Telehealth video|video|13:2010
dns|Résolution de noms|Name resolution|infrastructure|3:53
heure|Heure de référence|Time service|infrastructure|3:123
annuaire|Annuaire|Directory|directory|3:389
kerberos|Authentification|Authentication|directory|3:88
fichiers|Partage de fichiers|File sharing|file_transfer|3:445
intranet|Applications internes|Internal applications|office|13:2011
base-de-donnees|Bases de données|Databases|database|3:1521
sauvegarde|Sauvegarde|Backup|backup|13:2012
teletravail|Réseau privé virtuel|Virtual private network|vpn|3:4500
bureau-distant|Bureau à distance|Remote desktop|remote_access|3:3389
administration|Administration à distance|Remote administration|remote_access|3:22
web|Navigation|Web browsing|web|3:443
video-web|Vidéo en ligne|Online video|video|13:82
mises-a-jour|Mises à jour|Software updates|web|13:1501
supervision|Supervision|Monitoring|management|3:161
sonde-echo|Sonde d’écho|Echo probe|management|1:1
journaux|Journaux|Logs|management|3:514
passerelle-radio|Passerelles radio|Radio gateways|radio_gateway|13:2013
portail-citoyen|Portail citoyen|Citizen portal|web|13:2014
dns-externe|Résolution externe|External name resolution|infrastructure|3:5353`

type Transport = readonly [proto: Service['proto'], ports: readonly number[]]
const tcp = (...ports: number[]): Transport => [6, ports]
const udp = (...ports: number[]): Transport => [17, ports]
/** An echo request: type 8, code 0, as NetFlow writes it into the destination port. */
const icmp = (): Transport => [1, [8 * 256]]

type Row = readonly [
  id: string,
  weight: number,
  transport: Transport,
  curve: CurveId,
  path: Path,
  affinity: Service['affinity'],
  volume: Volume,
  durationMs: Spread,
  dscp: number,
]

/** How each service behaves, in the order of the names. */
// biome-ignore format: two lines a service read as the table they are
const ROWS: readonly Row[] = [
  ['dossier-sante', 10, tcp(443), 'clinical', 'to_centre', CARE,
    exchange([6000, 1], [42000, 1.3]), [9000, 1.1], DSCP.af31],
  ['messages-hl7', 3, tcp(2575), 'clinical', 'to_centre', CARE,
    exchange([1800, 0.7], [400, 0.4]), [400, 0.8], DSCP.af31],
  ['imagerie', 0.8, tcp(104, 11112), 'clinical', 'to_centre', { ...CARE, clinic: 0.3, residence: 0.05 },
    exchange([9000, 0.8], [900000, 1.4], 1.2), [14000, 1], DSCP.af21],
  ['laboratoire', 2.5, tcp(8443), 'clinical', 'to_centre', CARE,
    exchange([2500, 0.8], [12000, 1]), [3000, 1], DSCP.af31],
  ['bureautique', 12, tcp(443), 'office', 'to_internet', OFFICES,
    exchange([9000, 1.2], [60000, 1.6]), [25000, 1.3], DSCP.af21],
  ['bureautique-quic', 4, udp(443), 'office', 'to_internet', OFFICES,
    exchange([7000, 1.1], [70000, 1.6]), [20000, 1.2], DSCP.default],
  ['courriel', 5, tcp(443, 993), 'office', 'to_internet', OFFICES,
    exchange([5000, 1.4], [30000, 1.7]), [12000, 1.2], DSCP.af11],
  ['visio', 0.3, udp(3478, 3479, 3480, 3481), 'office', 'to_internet', OFFICES,
    stream(120, 1050, 1.4), [420000, 1], DSCP.af41],
  ['voix', 2, udp(16384), 'clinical', 'to_peer', {},
    stream(50, 172, 1), [95000, 0.9], DSCP.ef],
  ['signalisation-sip', 3, udp(5060), 'clinical', 'to_centre', {},
    exchange([1100, 0.5], [1300, 0.5]), [1500, 0.8], DSCP.cs3],
  ['teleconsultation', 0.2, udp(5062), 'clinical', 'to_centre', CARE,
    stream(110, 980, 1.1), [600000, 0.6], DSCP.af41],
  ['dns', 16, udp(53), 'mixed', 'to_centre', {},
    exchange([44, 0.25], [120, 0.5]), [12, 1], DSCP.cs2],
  ['heure', 3, udp(123), 'constant', 'to_centre', {},
    exchange([48, 0], [48, 0]), [8, 0.8], DSCP.cs2],
  ['annuaire', 4, tcp(389, 636), 'office', 'to_centre', {},
    exchange([2200, 0.9], [9000, 1.1]), [4000, 1.2], DSCP.af11],
  ['kerberos', 3, tcp(88), 'office', 'to_centre', {},
    exchange([1700, 0.3], [1900, 0.3]), [60, 0.8], DSCP.af11],
  ['fichiers', 3, tcp(445), 'office', 'to_centre', {},
    exchange([20000, 1.5], [90000, 1.8], 1.4), [30000, 1.4], DSCP.af11],
  ['intranet', 6, tcp(443, 8080), 'office', 'to_centre', OFFICES,
    exchange([4000, 1], [28000, 1.4]), [6000, 1.2], DSCP.af21],
  ['base-de-donnees', 1.5, tcp(1433, 1521), 'mixed', 'to_centre', { server_room: 20, hospital: 1 },
    exchange([5000, 1.2], [30000, 1.6]), [20000, 1.4], DSCP.af21],
  ['sauvegarde', 0.5, tcp(10566, 9102), 'night', 'to_centre', { server_room: 60, hospital: 1.5 },
    exchange([3000000, 1.4], [60000, 0.8], 1.15), [90000, 1], DSCP.cs1],
  ['teletravail', 1, udp(4500), 'office', 'from_internet', CENTRES_ONLY,
    stream(18, 620, 1.6), [900000, 1], DSCP.default],
  ['bureau-distant', 0.5, tcp(3389), 'office', 'to_centre', OFFICES,
    stream(12, 160, 3), [240000, 1], DSCP.af21],
  ['administration', 0.3, tcp(22), 'mixed', 'from_centre', {},
    exchange([4000, 1], [14000, 1.3]), [30000, 1.3], DSCP.cs2],
  ['web', 12, tcp(443, 443, 443, 80), 'office', 'to_internet', OFFICES,
    exchange([3500, 1], [38000, 1.7]), [8000, 1.4], DSCP.default],
  ['video-web', 1.2, udp(443), 'evening', 'to_internet', { hospital: 1.4, residence: 2 },
    exchange([60000, 0.8], [2500000, 1.3], 1.3), [60000, 1], DSCP.default],
  ['mises-a-jour', 0.8, tcp(443, 80), 'mixed', 'to_internet', {},
    exchange([9000, 0.8], [1200000, 1.6], 1.3), [15000, 1.2], DSCP.cs1],
  ['supervision', 4, udp(161), 'constant', 'from_centre', {},
    exchange([180, 0.4], [620, 0.5]), [30, 0.8], DSCP.cs2],
  ['sonde-echo', 2, icmp(), 'constant', 'from_centre', {},
    exchange([56, 0], [56, 0]), [15, 0.7], DSCP.cs2],
  ['journaux', 2, udp(514), 'constant', 'to_centre', { server_room: 8 },
    exchange([900, 0.9], [0, 0]), [200, 1], DSCP.cs2],
  ['passerelle-radio', 0.4, udp(50000), 'constant', 'to_centre', { clinic: 0, residence: 0, office: 0.5 },
    stream(25, 120, 1), [25000, 0.9], DSCP.ef],
  ['portail-citoyen', 5, tcp(443), 'evening', 'from_internet', CENTRES_ONLY,
    exchange([3000, 0.8], [52000, 1.3]), [7000, 1.2], DSCP.default],
  ['dns-externe', 4, udp(53), 'mixed', 'to_internet', CENTRES_ONLY,
    exchange([46, 0.25], [180, 0.6]), [25, 0.8], DSCP.default],
]

export const SERVICES: readonly Service[] = NAMES.trim()
  .split('\n')
  .map((line, i) => {
    const [id, fr, en, appClass, appId] = line.split('|') as [string, string, string, AppClass, string]
    const [row, weight, [proto, ports], curve, path, affinity, volume, durationMs, dscp] = ROWS[i]!
    if (row !== id) throw new Error(`the tables of services disagree: ${id}, ${row}`)
    const name = { fr, en }
    const service = {
      index: i,
      id,
      name,
      appClass,
      appId,
      proto,
      ports,
      weight,
      curve,
      path,
      affinity,
      volume,
      durationMs,
      dscp,
    }
    const rule = ruleOf(service)
    return rule ? { ...service, rule } : service
  })
