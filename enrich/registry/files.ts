import { readdir, readFile, stat } from 'node:fs/promises'
import { extname, join } from 'node:path'
import type { RegistryFile } from './load.js'

const ENDINGS = new Set(['.yaml', '.yml', '.json', '.csv'])

/** Reads files, and of folders all YAML, JSON and CSV files by name. Rejects where one cannot be read. */
export async function readRegistryFiles(paths: readonly string[]): Promise<RegistryFile[]> {
  const files: RegistryFile[] = []
  for (const path of paths) {
    for (const name of await filesAt(path)) files.push({ name, text: await readFile(name, 'utf8') })
  }
  return files
}

async function filesAt(path: string): Promise<string[]> {
  if (!(await stat(path)).isDirectory()) return [path]
  const names = (await readdir(path)).filter((name) => ENDINGS.has(extname(name).toLowerCase()))
  return names.sort().map((name) => join(path, name))
}
