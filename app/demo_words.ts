import type { EdgeTruthRecord } from '../simulate/edges/troubles.js'
import type { Language } from './io.js'

interface DemoWords {
  readonly preparing: string
  readonly network: (organizations: number, sites: number) => string
  readonly ready: (seconds: number) => string
  readonly page: (url: string) => string
  readonly ask: string
  readonly ends: (seconds: number) => string
  readonly forever: string
  readonly progress: (seconds: number, sent: number, stored: number, findings: number) => string
  readonly draining: string
  readonly sent: (datagrams: number, flows: number) => string
  readonly balanced: (flows: number) => string
  readonly unbalanced: (sent: number, stored: number) => string
  readonly incidents: (injected: number, found: number) => string
  readonly found: (seconds: number) => string
  readonly missed: string
  readonly others: (count: number) => string
  readonly logs: (dir: string) => string
  readonly noTarget: (asked: string, known: string) => string
  readonly tickets: (findings: number, incidents: number, notifications: number) => string
  readonly ticketStates: (taken: number, resolved: number, seconds: number | null) => string
}

const fr = new Intl.NumberFormat('fr-CA', { maximumFractionDigits: 1 })
const en = new Intl.NumberFormat('en-CA', { maximumFractionDigits: 1 })

export const DEMO_WORDS: Readonly<Record<Language, DemoWords>> = {
  fr: {
    preparing: 'Vigie : préparation de la démonstration…',
    network: (o, s) => `Réseau de référence simulé : ${fr.format(o)} organisations, ${fr.format(s)} sites.`,
    ready: (s) => `La chaîne est prête (${fr.format(s)} s).`,
    page: (url) => `Page : ${url}`,
    ask: 'Interroger : npx vigie sql "SELECT src_site, sum(bytes) FROM vigie.flows GROUP BY 1 ORDER BY 2 DESC LIMIT 5"',
    ends: (s) => `Fin dans ${fr.format(s)} s.`,
    forever: 'Ctrl-C pour arrêter.',
    progress: (t, sent, stored, findings) =>
      `${fr.format(t)} s · ${fr.format(sent)} flux envoyés · ${fr.format(stored)} stockés · ${fr.format(findings)} constats`,
    draining: 'Le réseau simulé s’est tu; la chaîne finit son travail…',
    sent: (d, f) => `Le réseau simulé a envoyé ${fr.format(d)} datagrammes, ${fr.format(f)} flux.`,
    balanced: (f) => `Chaque flux envoyé est retrouvé : ${fr.format(f)}.`,
    unbalanced: (sent, stored) =>
      `DES FLUX MANQUENT : ${fr.format(sent)} envoyés, ${fr.format(stored)} stockés ou rejetés.`,
    incidents: (injected, found) =>
      `Incidents provoqués : ${fr.format(injected)}; trouvés : ${fr.format(found)}.`,
    found: (s) => `trouvé en ${fr.format(s)} s`,
    missed: 'non trouvé',
    others: (n) => `Constats sans incident provoqué : ${fr.format(n)}.`,
    noTarget: (asked, known) => `--itsm ${asked} : doit être ${known}`,
    tickets: (f, i, n) =>
      `Constats : ${fr.format(f)}; incidents : ${fr.format(i)}; avis aux outils de billets : ${fr.format(n)}.`,
    ticketStates: (t, r, s) =>
      `Pris en charge : ${fr.format(t)}; résolus : ${fr.format(r)}${s === null ? '' : `; 99 billets sur 100 en moins de ${fr.format(s)} s`}.`,
    logs: (dir) => `Journaux : ${dir}`,
  },
  en: {
    preparing: 'Vigie: preparing the demonstration…',
    network: (o, s) => `Simulated reference network: ${en.format(o)} organisations, ${en.format(s)} sites.`,
    ready: (s) => `The pipeline is ready (${en.format(s)} s).`,
    page: (url) => `Page: ${url}`,
    ask: 'Ask: npx vigie sql "SELECT src_site, sum(bytes) FROM vigie.flows GROUP BY 1 ORDER BY 2 DESC LIMIT 5"',
    ends: (s) => `Ends in ${en.format(s)} s.`,
    forever: 'Ctrl-C ends it.',
    progress: (t, sent, stored, findings) =>
      `${en.format(t)} s · ${en.format(sent)} flows sent · ${en.format(stored)} stored · ${en.format(findings)} findings`,
    draining: 'The simulated network is silent; the pipeline finishes its work…',
    sent: (d, f) => `The simulated network sent ${en.format(d)} datagrams, ${en.format(f)} flows.`,
    balanced: (f) => `Each flow sent is accounted for: ${en.format(f)}.`,
    unbalanced: (sent, stored) =>
      `FLOWS ARE MISSING: ${en.format(sent)} sent, ${en.format(stored)} stored or rejected.`,
    incidents: (injected, found) => `Incidents injected: ${en.format(injected)}; found: ${en.format(found)}.`,
    found: (s) => `found in ${en.format(s)} s`,
    missed: 'not found',
    others: (n) => `Findings without an injected incident: ${en.format(n)}.`,
    noTarget: (asked, known) => `--itsm ${asked}: must be ${known}`,
    tickets: (f, i, n) =>
      `Findings: ${en.format(f)}; incidents: ${en.format(i)}; notifications to ticketing tools: ${en.format(n)}.`,
    ticketStates: (t, r, s) =>
      `Acknowledged: ${en.format(t)}; resolved: ${en.format(r)}${s === null ? '' : `; 99 of 100 tickets within ${en.format(s)} s`}.`,
    logs: (dir) => `Logs: ${dir}`,
  },
}

interface DemoEdgeWords {
  readonly title: string
  readonly heads: readonly string[]
  readonly pushed: (payloads: number) => string
  readonly messages: (messages: number) => string
  readonly asked: (requests: number) => string
  readonly balanced: string
  readonly unbalanced: string
  readonly troubles: (told: string) => string
  readonly found: (found: number, of: number, others: number) => string
  readonly kinds: Readonly<Record<EdgeTruthRecord['kind'], string>>
}

export const DEMO_EDGE_WORDS: Readonly<Record<Language, DemoEdgeWords>> = {
  fr: {
    title: 'Télémétrie des équipements SD-WAN :',
    heads: ['voie', 'envoyé', 'charges', 'en rebut', 'lus', 'stockés', 'fusionnés'],
    pushed: (n) => `${fr.format(n)} charges`,
    messages: (n) => `${fr.format(n)} messages`,
    asked: (n) => `${fr.format(n)} requêtes`,
    balanced: 'Tout ce que les équipements ont envoyé est stocké ou en rebut.',
    unbalanced: 'DES MESURES MANQUENT : ce que les équipements ont envoyé n’est pas tout retrouvé.',
    troubles: (told) => `Pannes provoquées : ${told}.`,
    found: (found, of, others) =>
      `Pannes visibles d’une minute ou plus : ${fr.format(found)} trouvées sur ${fr.format(of)}; autres constats sur les liens : ${fr.format(others)}.`,
    kinds: {
      brownout: 'dégradations',
      link_down: 'liens coupés',
      tunnel_dead: 'tunnels morts',
      failover: 'basculements',
      clock_skew: 'horloges décalées',
    },
  },
  en: {
    title: 'Telemetry of SD-WAN edges:',
    heads: ['way', 'sent', 'payloads', 'rejected', 'read', 'stored', 'merged'],
    pushed: (n) => `${en.format(n)} payloads`,
    messages: (n) => `${en.format(n)} messages`,
    asked: (n) => `${en.format(n)} requests`,
    balanced: 'All that the edges sent is stored or rejected.',
    unbalanced: 'MEASUREMENTS ARE MISSING: not all that the edges sent is accounted for.',
    troubles: (told) => `Troubles provoked: ${told}.`,
    found: (found, of, others) =>
      `Troubles that show and last a minute: ${en.format(found)} found of ${en.format(of)}; other findings on links: ${en.format(others)}.`,
    kinds: {
      brownout: 'brown-outs',
      link_down: 'links down',
      tunnel_dead: 'dead tunnels',
      failover: 'failovers',
      clock_skew: 'wrong clocks',
    },
  },
}
