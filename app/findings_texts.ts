import type { FindingMark } from '../model/finding.js'
import type { Language } from './io.js'

type ShowLabel =
  | 'title'
  | 'finding'
  | 'status'
  | 'severity'
  | 'org'
  | 'site'
  | 'src'
  | 'dst'
  | 'seen'
  | 'score'
  | 'technique'
  | 'evidence'
  | 'sql'
  | 'related'
  | 'incident'
  | 'actions'

/** What `vigie findings` says. */
interface FindingsTexts {
  readonly unknownAction: (action: string, known: string) => string
  readonly which: (action: string) => string
  readonly whichVerdict: (known: string) => string
  readonly badVerdict: (verdict: string, known: string) => string
  readonly badService: (service: string, known: string) => string
  readonly badTime: (option: string, text: string) => string
  readonly past: (text: string) => string
  readonly badLimit: (text: string) => string
  readonly notFound: (uid: string) => string
  readonly several: (uid: string, found: string) => string
  readonly none: string
  readonly noMarks: string
  readonly more: (limit: number) => string
  readonly detectorAway: string
  readonly marked: (uid: string, verdict: FindingMark['verdict'], until: string) => string
  readonly unmarked: (uid: string) => string
  readonly verdicts: Readonly<Record<FindingMark['verdict'], string>>
  readonly actions: Readonly<Record<string, string>>
  readonly states: Readonly<Record<string, string>>
  readonly labels: Readonly<Record<ShowLabel, string>>
}

const VERDICTS_FR: Readonly<Record<FindingMark['verdict'], string>> = {
  true_positive: 'vrai positif',
  false_positive: 'faux positif',
  expected: 'attendu',
  none: 'marque levée',
}

export const FINDINGS_TEXTS: Readonly<Record<Language, FindingsTexts>> = {
  fr: {
    unknownAction: (action, known) => `vigie findings ${action} : doit être ${known}`,
    which: (action) =>
      `vigie findings ${action} prend l’identifiant d’un constat : « vigie findings list » les donne`,
    whichVerdict: (known) => `dites ce que c’était : ${known}`,
    badVerdict: (verdict, known) => `${verdict} : doit être ${known}`,
    badService: (service, known) => `--service ${service} : doit être ${known}`,
    badTime: (option, text) => `${option} ${text} : une durée (30m, 24h, 7d) ou une date (2026-12-01)`,
    past: (text) => `--until ${text} : ce moment est passé`,
    badLimit: (text) => `--limit ${text} : doit être un nombre de 1 à 10 000`,
    notFound: (uid) => `aucun constat ${uid} dans l’entrepôt`,
    several: (uid, found) => `${uid} commence plusieurs identifiants : ${found}`,
    none: 'Aucun constat.',
    noMarks: 'Aucune marque.',
    more: (limit) => `Les ${limit} premiers seulement : --limit en montre plus.`,
    detectorAway:
      'La détection ne répond pas : les marques viennent de l’entrepôt, sans ce qu’elles ont fait taire.',
    marked: (uid, verdict, until) =>
      `${uid} : ${VERDICTS_FR[verdict]}${until === '' ? '' : `, jusqu’au ${until}`}.`,
    unmarked: (uid) => `${uid} : la marque est levée.`,
    verdicts: VERDICTS_FR,
    actions: {
      mark: 'marque',
      unmark: 'marque levée',
      acknowledge: 'prise en charge',
      silence: 'mise en sourdine',
    },
    states: { open: 'ouvert', closed: 'clos' },
    labels: {
      title: 'Constat',
      finding: 'Identifiant',
      status: 'État',
      severity: 'Gravité',
      org: 'Organisme',
      site: 'Site',
      src: 'Sources',
      dst: 'Cibles',
      seen: 'Vu',
      score: 'Confiance',
      technique: 'Technique',
      evidence: 'Éléments de preuve',
      sql: 'Requête des flux',
      related: 'Constats liés',
      incident: 'Incident',
      actions: 'Ce qui en a été dit',
    },
  },
  en: {
    unknownAction: (action, known) => `vigie findings ${action}: must be ${known}`,
    which: (action) =>
      `vigie findings ${action} takes the uid of a finding: 'vigie findings list' shows them`,
    whichVerdict: (known) => `say what it was: ${known}`,
    badVerdict: (verdict, known) => `${verdict}: must be ${known}`,
    badService: (service, known) => `--service ${service}: must be ${known}`,
    badTime: (option, text) => `${option} ${text}: a time (30m, 24h, 7d) or a date (2026-12-01)`,
    past: (text) => `--until ${text}: that moment has passed`,
    badLimit: (text) => `--limit ${text}: must be a number from 1 to 10,000`,
    notFound: (uid) => `no finding ${uid} in the store`,
    several: (uid, found) => `${uid} begins several uids: ${found}`,
    none: 'No finding.',
    noMarks: 'No mark.',
    more: (limit) => `The first ${limit} only: --limit shows more.`,
    detectorAway: 'Detection does not answer: marks come from the store, without what they kept quiet.',
    marked: (uid, verdict, until) =>
      `${uid}: ${verdict.replaceAll('_', ' ')}${until === '' ? '' : `, until ${until}`}.`,
    unmarked: (uid) => `${uid}: the mark is lifted.`,
    verdicts: {
      true_positive: 'true positive',
      false_positive: 'false positive',
      expected: 'expected',
      none: 'mark lifted',
    },
    actions: { mark: 'mark', unmark: 'mark lifted', acknowledge: 'acknowledged', silence: 'silenced' },
    states: { open: 'open', closed: 'closed' },
    labels: {
      title: 'Finding',
      finding: 'Uid',
      status: 'Status',
      severity: 'Severity',
      org: 'Organisation',
      site: 'Site',
      src: 'Sources',
      dst: 'Targets',
      seen: 'Seen',
      score: 'Confidence',
      technique: 'Technique',
      evidence: 'Evidence',
      sql: 'Query of the flows',
      related: 'Related findings',
      incident: 'Incident',
      actions: 'What was said of it',
    },
  },
}
