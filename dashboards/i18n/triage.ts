import { both } from '../language.js'

/** Words of the triage of findings: what the viewer shows beside a list, and what people may do there. */
export const TRIAGE = {
  triage: both('Trier', 'Triage'),
  triage_of: both('Trier\u00a0: {title}', 'Triage: {title}'),
  close: both('Fermer', 'Close'),
  column: both('Tri', 'Triage'),
  detail: both('Détail et flux', 'Detail and flows'),
  facts: both('Résumé', 'Summary'),
  severity: both('Gravité', 'Severity'),
  state: both('État', 'Status'),
  open: both('Ouvert', 'Open'),
  closed: both('Clos', 'Closed'),
  service: both('Détection', 'Detection'),
  org: both('Organisme', 'Organisation'),
  site: both('Site', 'Site'),
  sources: both('Sources', 'Sources'),
  targets: both('Cibles', 'Targets'),
  technique: both('Technique ATT&CK', 'ATT&CK technique'),
  score: both('Confiance', 'Confidence'),
  seen: both('Vu', 'Seen'),
  seen_range: both('du {from} au {to}', '{from} to {to}'),
  uid: both('Identifiant', 'Identifier'),
  incident: both('Incident lié', 'Its incident'),
  mark: both('Marque', 'Mark'),
  evidence: both('Éléments de preuve', 'Evidence'),
  query: both('Requête des flux', 'Query of the flows'),
  timeline: both('Chronologie', 'Timeline'),
  sites: both('Sites touchés', 'Affected sites'),
  related: both('Constats liés', 'Related findings'),
  nothing: both('Rien', 'None'),
  actions: both('Décision', 'Decision'),
  comment: both('Commentaire', 'Comment'),
  comment_hint: both(
    'Pourquoi\u00a0: la prochaine personne vous remerciera.',
    'Why: the next person will thank you.',
  ),
  holds: both('La marque vaut', 'The mark holds'),
  for_days: both('{n} jours', '{n} days'),
  true_positive: both('Vrai positif', 'True positive'),
  false_positive: both('Faux positif', 'False positive'),
  expected: both('Attendu', 'Expected'),
  unmark: both('Lever la marque', 'Lift the mark'),
  acknowledge: both('Prendre en charge', 'Acknowledge'),
  silence: both('Mettre en sourdine', 'Silence'),
  silence_for: both('Sourdine pour', 'Silence for'),
  for_hours: both('{n}\u00a0h', '{n} hr'),
  silence_about: both(
    'La sourdine retient les incidents de cette détection à ce site, pour la durée choisie.',
    'The silence holds back incidents of this detection at this site, for the time chosen.',
  ),
  mark_about: both(
    'Un faux positif ou un constat attendu est clos; ses semblables sont comptés sans être annoncés, sauf s’ils sont nettement au-delà.',
    'A false positive or an expected finding is closed; its like is counted and not told, unless it is clearly beyond.',
  ),
  done: both('C’est noté\u00a0: {what}.', 'Noted: {what}.'),
  sending: both('Envoi en cours', 'Sending'),
  acknowledged: both('Prise en charge', 'Acknowledged'),
  silenced: both('Mise en sourdine', 'Silenced'),
  unmarked: both('Marque levée', 'Mark lifted'),
  fresh_one: both('Un nouveau constat', 'One new finding'),
  fresh_many: both('{n} nouveaux constats', '{n} new findings'),
  read_only: both(
    'Votre compte permet de lire, non de décider. Le rôle «\u00a0analyst\u00a0» du fichier des utilisateurs le permet.',
    'Your account may read, not decide. The role “analyst” in the users’ file may.',
  ),
  log_in_to_act: both(
    'Pour décider ici, il faut une session\u00a0: voir «\u00a0users_file\u00a0» dans la configuration. La commande «\u00a0vigie findings\u00a0» fait de même.',
    'Deciding here needs a session: see “users_file” in the configuration. The command “vigie findings” does the same.',
  ),
  forbidden: both('Votre compte ne permet pas cette action.', 'Your account may not do this.'),
  stale_page: both(
    'Cette page ne vaut plus\u00a0: la recharger, puis recommencer.',
    'This page is no longer valid: reload it, then try again.',
  ),
  no_such_finding: both('Ce constat n’existe pas.', 'This finding does not exist.'),
  no_such_incident: both(
    'Ce constat n’a pas d’incident ouvert qui soit à vous\u00a0: il n’y a rien à prendre en charge.',
    'This finding has no open incident of yours: there is nothing to acknowledge.',
  ),
  nothing_to_silence: both(
    'Ce constat ne dit ni organisme ni site\u00a0: rien ne peut être mis en sourdine.',
    'This finding names neither organisation nor site: nothing can be silenced.',
  ),
  bad_action: both('Cette demande n’est pas valide.', 'This request is not valid.'),
  too_many_actions: both(
    'Trop d’actions à la fois\u00a0: attendre une minute.',
    'Too many actions at once: wait a minute.',
  ),
  action_failed: both(
    'L’action n’a pas pu être faite\u00a0: la chaîne ne répond pas. Rien n’a changé.',
    'The action could not be done: the pipeline does not answer. Nothing has changed.',
  ),
}
export type TriageText = keyof typeof TRIAGE

/** Verdicts as the evidence of a finding tells them. */
export const VERDICT_WORDS = [
  { value: 'true_positive', text: TRIAGE.true_positive },
  { value: 'false_positive', text: TRIAGE.false_positive },
  { value: 'expected', text: TRIAGE.expected },
]

/** What people did, in a timeline. */
export const ACTION_WORDS = [
  { value: 'mark', text: TRIAGE.mark },
  { value: 'unmark', text: TRIAGE.unmarked },
  { value: 'acknowledge', text: TRIAGE.acknowledged },
  { value: 'silence', text: TRIAGE.silenced },
]
