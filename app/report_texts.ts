import type { Language } from './io.js'

/** What `vigie report` says beside its reports. */
interface Texts {
  unknownReport(id: string, known: string): string
  badMonth(text: string): string
  unknownSection(id: string, known: string): string
  badFormat(text: string): string
  badTolerance(text: string): string
  needsSupplier: string
  unreadable(path: string, why: string): string
  mistake(path: string, line: number, column: string, found: string): string
  loaded(lines: number, path: string): string
  restated(month: string): string
  provisional(month: string): string
}

export const REPORT_TEXTS: Readonly<Record<Language, Texts>> = {
  fr: {
    unknownReport: (id, known) => `vigie report ${id}\u00a0: doit être ${known}`,
    badMonth: (text) => `--month ${text}\u00a0: doit être un mois, 2026-10 par exemple`,
    unknownSection: (id, known) => `--section ${id}\u00a0: doit être ${known}`,
    badFormat: (text) => `--format ${text}\u00a0: doit être table, csv, jsonl ou html`,
    badTolerance: (text) => `--tolerance ${text}\u00a0: doit être une part de 0 à 1`,
    needsSupplier: '--reconcile demande --supplier',
    unreadable: (path, why) => `${path}\u00a0: illisible\u00a0: ${why}`,
    mistake: (path, line, column, found) =>
      `${path}:${line}\u00a0: ${column}\u00a0: ${found === '' ? 'manque' : `«\u00a0${found}\u00a0» ne convient pas`}`,
    loaded: (lines, path) => `${lines} lignes lues dans ${path}`,
    restated: (month) => `le mois ${month} a été recalculé`,
    provisional: (month) => `${month} n’est pas terminé\u00a0: les chiffres sont provisoires`,
  },
  en: {
    unknownReport: (id, known) => `vigie report ${id}: must be one of ${known}`,
    badMonth: (text) => `--month ${text}: must be a month, 2026-10 for one`,
    unknownSection: (id, known) => `--section ${id}: must be one of ${known}`,
    badFormat: (text) => `--format ${text}: must be table, csv, jsonl or html`,
    badTolerance: (text) => `--tolerance ${text}: must be a share from 0 to 1`,
    needsSupplier: '--reconcile needs --supplier',
    unreadable: (path, why) => `${path}: cannot be read: ${why}`,
    mistake: (path, line, column, found) =>
      `${path}:${line}: ${column}: ${found === '' ? 'is missing' : `"${found}" is not one`}`,
    loaded: (lines, path) => `${lines} lines read from ${path}`,
    restated: (month) => `the month ${month} was reckoned anew`,
    provisional: (month) => `${month} is not over: the figures are provisional`,
  },
}
