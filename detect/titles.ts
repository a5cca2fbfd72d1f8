import type { Bilingual } from '../model/finding.js'

/**
 * Titles of findings, and how they are made (`GLOSSAIRE.md` for the terms); a service of one or two titles has them in its
 * own file. A title never holds an address: it is read in tickets and mails that go further than the finding itself.
 */
export interface Place {
  /** Id of the site, where known. */
  readonly site: string | undefined
  /** What the title names: a protocol, a service. */
  readonly what?: string | undefined
}

const place = (p: Place, fr: string, en: string): { fr: string; en: string } => ({
  fr: p.site === undefined ? fr : `${fr} du site ${p.site}`,
  en: p.site === undefined ? en : `${en} at site ${p.site}`,
})

export type Title = (p: Place) => Bilingual

/** A title about something at a place: `where` follows the name in each language, before the site. */
export const about =
  (fr: string, en: string, where: [string, string]): Title =>
  (p) => {
    const at = place(p, ...where)
    const what = p.what === undefined ? '' : ` (${p.what})`
    return { fr: `${fr}${what} ${at.fr}`, en: `${en}${what} ${at.en}` }
  }

const TO_HOST: [string, string] = ['vers un hôte', 'to a host']
const BY_HOST: [string, string] = ['par un hôte', 'by a host']

export type DdosKind =
  | 'volumetric'
  | 'syn_flood'
  | 'reflection'
  | 'carpet_bombing'
  | 'outbound_flood'
  | 'abused_reflector'

export const DDOS_TITLES: Readonly<Record<DdosKind, Title>> = {
  volumetric: about(
    'Attaque par déni de service volumétrique',
    'Volumetric denial-of-service attack',
    TO_HOST,
  ),
  syn_flood: about('Inondation SYN', 'SYN flood', TO_HOST),
  reflection: about('Attaque par réflexion', 'Reflection attack', TO_HOST),
  carpet_bombing: about('Attaque en nappe', 'Carpet bombing', ['vers plusieurs hôtes', 'of several hosts']),
  outbound_flood: about('Attaque par déni de service lancée', 'Denial-of-service attack launched', BY_HOST),
  abused_reflector: about('Réflexion d’attaques', 'Attacks reflected', BY_HOST),
}

export type ScanKind = 'horizontal' | 'vertical' | 'icmp' | 'slow' | 'persistent' | 'fleet' | 'background'

/** A title whose actor is a host inside, or comes from the Internet. */
const acted =
  (fr: string, en: string): ((p: Place & { readonly outside: boolean }) => Bilingual) =>
  (p) => {
    if (!p.outside) return about(fr, en, BY_HOST)(p)
    const site = {
      fr: p.site === undefined ? '' : ` vers le site ${p.site}`,
      en: p.site === undefined ? '' : ` to site ${p.site}`,
    }
    return { fr: `${fr} provenant d’Internet${site.fr}`, en: `${en} from the Internet${site.en}` }
  }

export const SCAN_TITLES: Readonly<Record<ScanKind, ReturnType<typeof acted>>> = {
  horizontal: acted('Balayage d’un port sur de nombreux hôtes', 'Scan of one port on many hosts'),
  vertical: acted('Balayage de ports d’un hôte', 'Port scan of a host'),
  icmp: acted('Balayage ICMP de nombreux hôtes', 'ICMP sweep of many hosts'),
  slow: acted('Balayage lent', 'Slow scan'),
  persistent: acted('Essai répété de connexion sans réponse', 'Repeated unanswered connection attempts'),
  fleet: acted('Balayage de plusieurs sites', 'Scan of several sites'),
  background: acted('Balayage de fond', 'Background scanning'),
}

export const BEACON_TITLES: Readonly<Record<'answered' | 'failing', Title>> = {
  answered: about('Communication de balise', 'Beaconing', BY_HOST),
  failing: about('Communication de balise sans réponse', 'Unanswered beaconing', BY_HOST),
}

export type BruteforceKind = 'guessing' | 'spraying' | 'success_hint' | 'background'

export const BRUTEFORCE_TITLES: Readonly<Record<BruteforceKind, ReturnType<typeof acted>>> = {
  guessing: acted('Attaque par force brute', 'Brute-force attack'),
  spraying: acted('Pulvérisation de mots de passe', 'Password spraying'),
  success_hint: acted(
    'Attaque par force brute suivie d’une session',
    'Brute-force attack followed by a session',
  ),
  background: acted('Attaques par force brute de fond', 'Background brute-force attacks'),
}

export type DnstunnelKind = 'upload' | 'download' | 'tcp'

export const DNSTUNNEL_TITLES: Readonly<Record<DnstunnelKind, Title>> = {
  upload: about('Tunnel DNS : longues questions', 'DNS tunnel: long queries', BY_HOST),
  download: about('Tunnel DNS : longues réponses', 'DNS tunnel: long answers', BY_HOST),
  tcp: about('Tunnel DNS sur TCP', 'DNS tunnel over TCP', BY_HOST),
}

export type ExfilKind = 'burst' | 'slow'

export const EXFIL_TITLES: Readonly<Record<ExfilKind, Title>> = {
  burst: about('Exfiltration de données', 'Data exfiltration', BY_HOST),
  slow: about('Exfiltration lente de données', 'Slow data exfiltration', BY_HOST),
}

export type IntelKind = 'contacted' | 'attempted' | 'admitted' | 'probed'

export const INTEL_TITLES: Readonly<Record<IntelKind, Title>> = {
  contacted: about(
    'Communication avec une adresse malveillante connue',
    'Contact with a known malicious address',
    ['par un hôte', 'by a host'],
  ),
  attempted: about(
    'Appel sans réponse à une adresse malveillante connue',
    'Unanswered call to a known malicious address',
    ['par un hôte', 'by a host'],
  ),
  admitted: about(
    'Connexion reçue d’une adresse malveillante connue',
    'Connection taken from a known malicious address',
    ['par un hôte', 'by a host'],
  ),
  probed: about('Sondage par des adresses malveillantes connues', 'Probing by known malicious addresses', [
    'd’hôtes',
    'of hosts',
  ]),
}

export type SegmentationKind = 'violation' | 'blocked'

export const SEGMENTATION_TITLES: Readonly<Record<SegmentationKind, Title>> = {
  violation: about('Communication contraire au cloisonnement', 'Segmentation breach', BY_HOST),
  blocked: about(
    'Tentatives contraires au cloisonnement, bloquées',
    'Blocked segmentation breaches',
    BY_HOST,
  ),
}

export type LateralKind = 'new_edges' | 'fan_out' | 'chain'

export const LATERAL_TITLES: Readonly<Record<LateralKind, Title>> = {
  new_edges: about(
    'Mouvement latéral : accès d’administration inhabituels',
    'Lateral movement: unusual administration',
    BY_HOST,
  ),
  fan_out: about(
    'Mouvement latéral : accès d’administration à de nombreux hôtes',
    'Lateral movement: administration of many hosts',
    BY_HOST,
  ),
  chain: about('Mouvement latéral à partir d’un hôte suspect', 'Lateral movement from a suspected host', [
    '',
    '',
  ]),
}

export type P2pKind = 'botnet' | 'sharing' | 'mining' | 'irc'

export const P2P_TITLES: Readonly<Record<P2pKind, Title>> = {
  botnet: about('Réseau pair à pair de machines compromises', 'Peer-to-peer botnet', [
    'joint par un hôte',
    'joined by a host',
  ]),
  sharing: about('Échange pair à pair', 'Peer-to-peer exchange', BY_HOST),
  mining: about('Minage clandestin', 'Cryptojacking', BY_HOST),
  irc: about('Session IRC de longue durée', 'Long IRC session', BY_HOST),
}

export type BaselineKind = 'surge' | 'drop' | 'silence'
export type BaselineLevel = 'site' | 'link' | 'class' | 'organization' | 'supplier' | 'fleet'

const LEVELS: Readonly<Record<BaselineLevel, (name: string) => Bilingual>> = {
  site: (name) => ({ fr: `du site${name}`, en: `of site${name}` }),
  link: (name) => ({ fr: `du lien${name}`, en: `of link${name}` }),
  class: (name) => ({ fr: `de la classe d’applications${name}`, en: `of application class${name}` }),
  organization: (name) => ({ fr: `de l’organisation${name}`, en: `of organization${name}` }),
  supplier: (name) => ({ fr: `des liens du fournisseur${name}`, en: `of the links of supplier${name}` }),
  fleet: () => ({ fr: 'de l’ensemble des sites', en: 'of all sites together' }),
}

/** What moved, by its registry id where it is known. */
const moved =
  (fr: string, en: string) =>
  (level: BaselineLevel, name: string | undefined): Bilingual => {
    const of = LEVELS[level](name === undefined || name === '' ? '' : ` ${name}`)
    return { fr: `${fr} ${of.fr}`, en: `${en} ${of.en}` }
  }

export const BASELINE_TITLES: Readonly<Record<BaselineKind, ReturnType<typeof moved>>> = {
  surge: moved('Hausse inhabituelle du trafic', 'Unusual rise in the traffic'),
  drop: moved('Chute inhabituelle du trafic', 'Unusual fall in the traffic'),
  silence: moved('Interruption du trafic', 'Silence in the traffic'),
}

/** A link that will be full; which way is evidence. */
export const SATURATION_FORECAST_TITLE = (link: string): Bilingual => ({
  fr: `Saturation prévue du lien ${link}`,
  en: `Link ${link} is forecast to saturate`,
})

/** A title about a link, a supplier, an edge or an exporter: `what` names it. */
const ofNetwork =
  (fr: string, en: string): Title =>
  ({ site, what }) => ({
    fr: `${fr}${what === undefined ? '' : ` (${what})`}${site === undefined ? '' : ` au site ${site}`}`,
    en: `${en}${what === undefined ? '' : ` (${what})`}${site === undefined ? '' : ` at site ${site}`}`,
  })

export type SlaKind =
  | 'brownout'
  | 'contract_missed'
  | 'link_down'
  | 'tunnel_down'
  | 'flapping'
  | 'site_down'
  | 'carrier_outage'

export const SLA_TITLES: Readonly<Record<SlaKind, Title>> = {
  brownout: ofNetwork('Dégradation d’un lien', 'Link brown-out'),
  contract_missed: ofNetwork('Lien hors de son niveau de service', 'Link outside its service level'),
  link_down: ofNetwork('Lien hors service', 'Link down'),
  tunnel_down: ofNetwork('Tunnel hors service', 'Tunnel down'),
  flapping: ofNetwork('Instabilité d’un lien', 'Link flapping'),
  site_down: ofNetwork('Tous les liens hors service', 'All links down'),
  carrier_outage: ofNetwork('Panne d’un fournisseur', 'Supplier outage'),
}

export type SaturationKind = 'saturated' | 'queueing'

export const SATURATION_TITLES: Readonly<Record<SaturationKind, Title>> = {
  saturated: ofNetwork('Saturation d’un lien', 'Link saturated'),
  queueing: ofNetwork('Attente due à la charge d’un lien', 'Link queueing under load'),
}

export type TelemetryKind =
  | 'edge_silent'
  | 'site_silent'
  | 'feed_silent'
  | 'edge_clock'
  | 'exporter_silent'
  | 'exporters_silent'
  | 'collector_silent'
  | 'sequence_loss'
  | 'exporter_restarts'
  | 'exporter_clock'
  | 'template_missing'
  | 'sampling_changed'

export const TELEMETRY_TITLES: Readonly<Record<TelemetryKind, Title>> = {
  edge_silent: ofNetwork('Télémétrie interrompue d’un équipement', 'Telemetry of a device stopped'),
  site_silent: ofNetwork('Télémétrie interrompue d’un site', 'Telemetry of a site stopped'),
  feed_silent: ofNetwork('Télémétrie interrompue d’un fabricant', 'Telemetry of a vendor stopped'),
  edge_clock: ofNetwork('Décalage d’horloge d’un équipement', 'Clock skew of a device'),
  exporter_silent: ofNetwork('Exportateur interrompu', 'Exporter silent'),
  exporters_silent: ofNetwork('Exportateurs interrompus', 'Exporters silent'),
  collector_silent: ofNetwork('Collecteur interrompu', 'Collector silent'),
  sequence_loss: ofNetwork('Perte de flux exportés', 'Exported flows lost'),
  exporter_restarts: ofNetwork('Redémarrages d’un exportateur', 'Exporter restarting'),
  exporter_clock: ofNetwork('Décalage d’horloge d’un exportateur', 'Clock skew of an exporter'),
  template_missing: ofNetwork('Flux illisibles faute de gabarit', 'Flows unreadable for want of a template'),
  sampling_changed: ofNetwork('Changement d’échantillonnage', 'Sampling changed'),
}
