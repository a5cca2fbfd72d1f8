import { REGIONS } from '../../model/registry.js'
import { cellsOf } from './csv_source.js'

/**
 * Municipalities with the ISQ code of their administrative region, as the Institut de la statistique du Québec and the
 * Répertoire des municipalités give them: CSV parted by `,` or `;`, a column of municipalities and one of regions, which
 * has the code, the name, or the name with the code behind it (`Montréal (06)`).
 */
export class IsqRegions {
  readonly #codes = new Map<string, string>()

  /** Adds a list; false where it has no such columns. */
  add(text: string): boolean {
    const [header, ...rows] = cellsOf(text, () => {})
    const names = (header ?? []).map((cell) => plain(cell.text))
    const municipality = names.findIndex((name) => /^(nom )?(de la )?municipalite|^munnom$|^nom$/.test(name))
    const region =
      names.findIndex((name) => /^code.*region|^regadm$|^ra$|^code ra$/.test(name)) >= 0
        ? names.findIndex((name) => /^code.*region|^regadm$|^ra$|^code ra$/.test(name))
        : names.findIndex((name) => /region/.test(name))
    if (municipality < 0 || region < 0) return false
    for (const row of rows) {
      const code = regionCode(row[region]?.text ?? '')
      const name = plain(row[municipality]?.text ?? '')
      if (code !== undefined && name !== '') this.#codes.set(name, code)
    }
    return true
  }

  /** Municipality and region that a text names: an address, or a place; the last part that is one holds. */
  find(text: string | undefined): { municipality: string; region: string } | undefined {
    const parts = (text ?? '').split(/[,;\n()]/).map((part) => part.trim())
    for (const part of parts.reverse()) {
      const region = this.#codes.get(plain(part))
      if (region !== undefined) return { municipality: part, region }
    }
    return undefined
  }
}

/** A code from "01" to "17", by a number, a name, or a name with its number. */
export function regionCode(text: string): string | undefined {
  const number = /(?:^|\()\s*(\d{1,2})(?:\s*\)|\D|$)/.exec(text)?.[1]
  const code = number?.padStart(2, '0')
  if (code !== undefined && Object.hasOwn(REGIONS, code)) return code
  return Object.entries(REGIONS).find(([, name]) => plain(name) === plain(text))?.[0]
}

/** Without accents, marks and case. */
const plain = (text: string): string =>
  text
    .normalize('NFD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, ' ')
    .trim()
