import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

/** A file the browser may ask for, compressed once. */
export interface Asset {
  readonly type: string
  readonly etag: string
  readonly body: Readonly<Record<'br' | 'gzip' | 'identity', Buffer>>
}

const TYPES: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
}

/** This file lies in dist/dashboards/viewer/server; styles and pictures stay in the source folder. */
const here = dirname(fileURLToPath(import.meta.url))
const built = dirname(here)
const source = join(built, '..', '..', '..', 'dashboards', 'viewer')

const BROTLI_QUALITY = 5

function load(path: string): Asset {
  const plain = readFileSync(path)
  const type = TYPES[path.slice(path.lastIndexOf('.') + 1)]!
  return {
    type,
    etag: `"${createHash('sha256').update(plain).digest('base64url').slice(0, 22)}"`,
    body: {
      identity: plain,
      gzip: gzipSync(plain, { level: 6 }),
      br: brotliCompressSync(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY } }),
    },
  }
}

/** Address of the chart library; its package ships a build that browsers take as it is. */
export const CHART_LIBRARY = '/assets/echarts.js'

/** Where npm put it; undefined where it is not installed, and pages then show tables in place of charts. */
export function chartLibrary(): string | undefined {
  try {
    const manifest = createRequire(import.meta.url).resolve('echarts/package.json')
    return join(dirname(manifest), 'dist', 'echarts.common.min.js')
  } catch {
    return undefined
  }
}

/** Paths of the files that can be asked for: a fixed list, so that no request ever becomes a path. */
function paths(): Map<string, string> {
  const all = new Map<string, string>()
  for (const folder of ['browser', 'browser/pictures', 'shared'].filter((name) =>
    existsSync(join(built, name)),
  )) {
    for (const name of readdirSync(join(built, folder))) {
      if (name.endsWith('.js')) all.set(`/assets/${folder}/${name}`, join(built, folder, name))
    }
  }
  for (const name of readdirSync(join(source, 'static'))) {
    if (TYPES[name.slice(name.lastIndexOf('.') + 1)]) all.set(`/assets/${name}`, join(source, 'static', name))
  }
  const library = chartLibrary()
  if (library !== undefined) all.set(CHART_LIBRARY, library)
  return all
}

/** Files are read and compressed when first asked for, and kept: they are few and do not change while we run. */
export class Assets {
  readonly #paths = paths()
  readonly #loaded = new Map<string, Asset>()

  get(address: string): Asset | undefined {
    const path = this.#paths.get(address)
    if (path === undefined) return undefined
    const known = this.#loaded.get(address) ?? load(path)
    this.#loaded.set(address, known)
    return known
  }

  /** Modules of every page, to be fetched at once rather than one after the other; pictures come when a page has them. */
  modules(): string[] {
    return [...this.#paths.keys()]
      .filter((address) => /^\/assets\/(browser|shared)\/\w+\.js$/.test(address))
      .sort()
  }
}
