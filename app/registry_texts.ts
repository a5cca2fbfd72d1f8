import type { Language } from './io.js'

/** What `vigie registry` says besides mistakes, which are `enrich/registry/messages.ts`'s. */
interface RegistryTexts {
  good(entries: string): string
  bad(mistakes: number, shown: number): string
  unchanged(version: number): string
  applied(version: number, added: number, changed: number, removed: number): string
  more(count: number): string
  unknownAction(action: string): string
  noFiles(action: string): string
  unreadable(detail: string): string
  skipped(objects: number): string
  none: string
}

export const REGISTRY_TEXTS: Readonly<Record<Language, RegistryTexts>> = {
  fr: {
    good: (entries) => `le registre est bon : ${entries}`,
    bad: (mistakes, shown) =>
      `${mistakes} erreur${mistakes > 1 ? 's' : ''}${shown < mistakes ? `, dont ${shown} montrées` : ''}`,
    unchanged: (version) => `rien ne change : la version ${version} reste en vigueur`,
    applied: (version, added, changed, removed) =>
      `version ${version} en vigueur (ajouts : ${added}, modifications : ${changed}, retraits : ${removed})`,
    more: (count) => `… et ${count} autres`,
    unknownAction: (action) => `vigie registry ${action} : ce doit être check, apply, export ou import`,
    noFiles: (action) => `vigie registry ${action} : donner au moins un fichier`,
    unreadable: (detail) => `fichier illisible : ${detail}`,
    skipped: (objects) => `${objects} objets laissés de côté (d’un autre type, ou sans site ni locataire)`,
    none: 'aucun registre n’est en vigueur',
  },
  en: {
    good: (entries) => `the registry is good: ${entries}`,
    bad: (mistakes, shown) =>
      `${mistakes} mistake${mistakes > 1 ? 's' : ''}${shown < mistakes ? `, ${shown} of them shown` : ''}`,
    unchanged: (version) => `nothing changes: version ${version} stays in force`,
    applied: (version, added, changed, removed) =>
      `version ${version} is in force (added: ${added}, changed: ${changed}, removed: ${removed})`,
    more: (count) => `… and ${count} more`,
    unknownAction: (action) => `vigie registry ${action}: must be check, apply, export or import`,
    noFiles: (action) => `vigie registry ${action}: name at least one file`,
    unreadable: (detail) => `a file cannot be read: ${detail}`,
    skipped: (objects) => `${objects} objects left out (of another kind, or of no site or tenant)`,
    none: 'no registry is in force',
  },
}
