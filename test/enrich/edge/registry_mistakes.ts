import { loadRegistry } from '../../../enrich/registry/load.js'

/** Codes of the mistakes in a registry of one file. */
export const checkRegistry = (text: string): string[] =>
  loadRegistry([{ name: 'registry.yaml', text }]).mistakes.map(({ code }) => code)
