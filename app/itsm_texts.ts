import type { Language } from './io.js'

/** What `vigie incidents` and `vigie itsm` say. */
interface ItsmTexts {
  readonly unknownAction: (command: string, action: string, known: string) => string
  readonly which: (action: string) => string
  readonly notFound: (incident: string) => string
  readonly more: (n: number) => string
  readonly none: string
  readonly acknowledged: (n: string) => string
  readonly resolved: (n: string, code: string) => string
  readonly silenced: (id: string, until: string) => string
  readonly silenceWhat: string
  readonly silenceEnded: (id: string) => string
  readonly badTime: (text: string) => string
  readonly badCode: (text: string, known: string) => string
  readonly targets: (known: string) => string
  readonly checked: (said: string) => string
  readonly testing: (target: string) => string
  readonly opened: (number: string, url: string) => string
  readonly ended: string
  readonly testFailed: (said: string) => string
  readonly noFinding: (uid: string) => string
  readonly labels: Readonly<Record<ExplainLabel, string>>
  readonly yes: string
  readonly no: string
}

type ExplainLabel =
  | 'finding'
  | 'title'
  | 'rules'
  | 'incident'
  | 'group_by'
  | 'explained_by'
  | 'muted'
  | 'assignment_group'
  | 'chain'
  | 'targets'
  | 'now'
  | 'decided'

export const ITSM_TEXTS: Readonly<Record<Language, ItsmTexts>> = {
  fr: {
    unknownAction: (command, action, known) => `vigie ${command} ${action} : doit être ${known}`,
    which: (action) =>
      `vigie incidents ${action} prend le numéro d’un incident : « vigie incidents list » les donne`,
    notFound: (incident) => `aucun incident ${incident}`,
    more: (n) => `${n} autres : --limit en montre plus`,
    none: 'Aucun incident en cours.',
    acknowledged: (n) => `${n} est pris en charge.`,
    resolved: (n, code) => `${n} est résolu (${code}).`,
    silenced: (id, until) => `En sourdine jusqu’à ${until} (${id}).`,
    silenceWhat: 'dites quoi : --org, --site, --service (un au moins), et --for 2h',
    silenceEnded: (id) => `La sourdine ${id} est levée.`,
    badTime: (text) => `--for ${text} : une durée : 30m, 2h, 7d`,
    badCode: (text, known) => `--code ${text} : doit être ${known}`,
    targets: (known) =>
      known === ''
        ? 'aucune cible n’est configurée : itsm.targets dans vigie.yaml (docs/itsm.md)'
        : `dites quelle cible : ${known}`,
    checked: (said) => `Vérification : ${said}`,
    testing: (target) => `Un incident d’essai est envoyé à ${target}…`,
    opened: (number, url) => `Billet ouvert : ${number}${url === '' ? '' : ` (${url})`}`,
    ended: 'Billet résolu. La cible fonctionne.',
    testFailed: (said) => `La cible ne le prend pas : ${said}`,
    noFinding: (uid) => `aucun constat ${uid} dans l’entrepôt`,
    labels: {
      finding: 'Constat',
      title: 'Titre',
      rules: 'Règles',
      incident: 'Ouvre un incident',
      group_by: 'Regroupé par',
      explained_by: 'Expliqué par',
      muted: 'En sourdine',
      assignment_group: 'Groupe d’affectation',
      chain: 'Escalade',
      targets: 'Cibles',
      now: 'À présent',
      decided: 'Décidé',
    },
    yes: 'oui',
    no: 'non',
  },
  en: {
    unknownAction: (command, action, known) => `vigie ${command} ${action}: must be ${known}`,
    which: (action) =>
      `vigie incidents ${action} takes the number of an incident: 'vigie incidents list' shows them`,
    notFound: (incident) => `no incident ${incident}`,
    more: (n) => `${n} more: --limit shows them`,
    none: 'No incident is open.',
    acknowledged: (n) => `${n} is acknowledged.`,
    resolved: (n, code) => `${n} is resolved (${code}).`,
    silenced: (id, until) => `Silent until ${until} (${id}).`,
    silenceWhat: 'say what: --org, --site, --service (at least one), and --for 2h',
    silenceEnded: (id) => `Silence ${id} is ended.`,
    badTime: (text) => `--for ${text}: a time: 30m, 2h, 7d`,
    badCode: (text, known) => `--code ${text}: must be ${known}`,
    targets: (known) =>
      known === ''
        ? 'no target is configured: itsm.targets in vigie.yaml (docs/itsm.md)'
        : `say which target: ${known}`,
    checked: (said) => `Check: ${said}`,
    testing: (target) => `A test incident goes to ${target}…`,
    opened: (number, url) => `Ticket opened: ${number}${url === '' ? '' : ` (${url})`}`,
    ended: 'Ticket resolved. The target works.',
    testFailed: (said) => `The target does not take it: ${said}`,
    noFinding: (uid) => `no finding ${uid} in the store`,
    labels: {
      finding: 'Finding',
      title: 'Title',
      rules: 'Rules',
      incident: 'Opens an incident',
      group_by: 'Grouped by',
      explained_by: 'Explained by',
      muted: 'Muted',
      assignment_group: 'Assignment group',
      chain: 'Escalation',
      targets: 'Targets',
      now: 'Now',
      decided: 'Decided',
    },
    yes: 'yes',
    no: 'no',
  },
}
