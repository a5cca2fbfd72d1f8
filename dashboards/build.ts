import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { stringify } from 'yaml'
import { buildBoard, type ServiceName } from './board.js'
import { BOARDS } from './boards/index.js'
import type { BuiltDashboard } from './built.js'
import { COMMON } from './i18n/common.js'
import { LANGUAGES, type Language } from './language.js'

/** Keys that the SDK leaves undefined are left out, so that what is compared is what is written. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

/** Dashboards of one language, in the order of the menu. @param services all that findings may be of, by name */
export const builtIn = (lang: Language, services: readonly ServiceName[] = []): BuiltDashboard[] =>
  BOARDS.map((spec) => plain(buildBoard(spec, lang, services)) as BuiltDashboard)

/** Dashboards of all languages: what the viewer serves. */
export const builtInAll = (services: readonly ServiceName[] = []): BuiltDashboard[] =>
  LANGUAGES.flatMap((lang) => builtIn(lang, services))

/** Where Grafana finds the built folder (docker-compose mounts it there). */
const MOUNT = '/etc/vigie/dashboards'

/** Grafana's provisioning of dashboards: a folder a language, which the interface cannot edit. */
export function provisioningYaml(langs: readonly Language[]): string {
  const providers = langs.map((lang) => ({
    name: `vigie-${lang}`,
    folder: COMMON.folder[lang],
    folderUid: `vigie-${lang}`,
    type: 'file',
    disableDeletion: true,
    allowUiUpdates: false,
    updateIntervalSeconds: 30,
    options: { path: `${MOUNT}/${lang}`, foldersFromFilesStructure: false },
  }))
  return stringify({ apiVersion: 1, providers })
}

/** Files of a build by their path below the output folder. The same source gives the same bytes. */
export function buildFiles(
  langs: readonly Language[],
  services: readonly ServiceName[] = [],
): ReadonlyMap<string, string> {
  const files = new Map<string, string>()
  for (const lang of langs) {
    for (const board of builtIn(lang, services)) {
      files.set(`${lang}/${board.uid}.json`, `${JSON.stringify(board, null, 2)}\n`)
    }
  }
  files.set('provisioning.yaml', provisioningYaml(langs))
  return files
}

/** Writes a build; gives the paths it wrote. */
export function writeBuild(
  folder: string,
  langs: readonly Language[],
  services: readonly ServiceName[],
): string[] {
  return [...buildFiles(langs, services)].map(([name, text]) => {
    const path = join(folder, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
    return path
  })
}
