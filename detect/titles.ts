import type { Bilingual } from '../model/finding.js'

/**
 * Titles of findings, the one place of their words (`GLOSSAIRE.md` for the terms). A title never holds an address: it is
 * read in tickets and mails that go further than the finding itself.
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

type Title = (p: Place) => Bilingual

const about =
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
