import { HELP_EN } from './help/en.js'
import { HELP_FR } from './help/fr.js'
import type { Command, Language } from './io.js'

/** One command: how to load it. Commands are loaded when called, so that a small one starts fast. */
interface Entry {
  load(): Promise<Command>
}

/** All commands, in the order of the help. A new one is a line here, a file beside, and its text in both catalogues. */
export const COMMANDS: Readonly<Record<string, Entry>> = {
  demo: { load: async () => (await import('./demo_command.js')).demoCommand },
  up: { load: async () => (await import('./up_command.js')).upCommand },
  status: { load: async () => (await import('./status_command.js')).statusCommand },
  exporters: { load: async () => (await import('./exporters_command.js')).exportersCommand },
  sql: { load: async () => (await import('./sql_command.js')).sqlCommand },
  report: { load: async () => (await import('./report_command.js')).reportCommand },
  dead: { load: async () => (await import('./dead_command.js')).deadCommand },
  findings: { load: async () => (await import('./findings_command.js')).findingsCommand },
  incidents: { load: async () => (await import('./incidents_command.js')).incidentsCommand },
  itsm: { load: async () => (await import('./itsm_command.js')).itsmCommand },
  decode: { load: async () => (await import('./decode_command.js')).decodeCommand },
  normalize: { load: async () => (await import('./normalize_command.js')).normalizeCommand },
  vendors: { load: async () => (await import('./vendors_command.js')).vendorsCommand },
  replay: { load: async () => (await import('./replay_command.js')).replayCommand },
  detect: { load: async () => (await import('./detect_command.js')).detectCommand },
  services: { load: async () => (await import('./services_command.js')).servicesCommand },
  registry: { load: async () => (await import('./registry_command.js')).registryCommand },
  privacy: { load: async () => (await import('./privacy_command.js')).privacyCommand },
  dashboards: { load: async () => (await import('./dashboards_command.js')).dashboardsCommand },
  config: { load: async () => (await import('./config_command.js')).configCommand },
  doctor: { load: async () => (await import('./doctor_command.js')).doctorCommand },
  bench: { load: async () => (await import('./bench_command.js')).benchCommand },
}

/** Texts of the help in one language: a heading page, and a page a command. */
export interface HelpCatalogue {
  readonly overview: string
  readonly commands: Readonly<Record<keyof typeof COMMANDS, string>>
}

const CATALOGUES: Readonly<Record<Language, HelpCatalogue>> = { fr: HELP_FR, en: HELP_EN }

/** The first screen. */
export const overview = (lang: Language): string => CATALOGUES[lang].overview

/** `vigie CMD --help`. */
export const commandHelp = (name: string, lang: Language): string =>
  CATALOGUES[lang].commands[name] ?? overview(lang)
