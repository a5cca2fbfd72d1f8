import { existsSync, mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import fastify from 'fastify'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { Registry } from 'prom-client'
import { SERVICE_TITLES } from '../../app/service_titles.js'
import { builtInAll } from '../../dashboards/build.js'
import { rememberedRows } from '../../dashboards/remembered_rows.js'
import { clickHouseRows } from '../../dashboards/row_source.js'
import { chartLibrary } from '../../dashboards/viewer/server/assets.js'
import { viewerSchema } from '../../dashboards/viewer/server/config.js'
import type { FindingDesk } from '../../dashboards/viewer/server/finding_desk.js'
import { Viewer } from '../../dashboards/viewer/server/routes.js'
import { QUIET, startDemoStore } from './demo_store.js'

/**
 * A browser on the viewer over a real store. It needs Debian's chromium; without it tests skip here and fail in CI, where
 * `.ci/run` installs it. Set VIGIE_SCREENSHOTS to a folder to keep pictures of every page.
 */
const executablePath = [process.env.VIGIE_CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser'].find(
  (path) => path !== undefined && existsSync(path),
)

/** Where a package is; undefined where it is not installed. */
export function installed(name: string): string | undefined {
  try {
    return createRequire(import.meta.url).resolve(name)
  } catch {
    return undefined
  }
}

const missing =
  executablePath === undefined
    ? 'chromium is not installed'
    : installed('playwright-core') === undefined
      ? 'playwright-core is not installed'
      : chartLibrary() === undefined
        ? 'echarts is not installed'
        : undefined

/** Whether the tests can run; says why where they cannot. In CI they run, and fail, all the same. */
export function canWalk(): boolean {
  if (missing !== undefined) process.stdout.write(`skipped: ${missing}\n`)
  return missing === undefined || process.env.CI !== undefined
}

export const BOARDS = builtInAll(SERVICE_TITLES)
/** Long enough for a machine that does much else. */
export const WAIT_MS = 60_000

export interface Visit {
  readonly page: Page
  /** What the console, the page or the network complained about. */
  readonly complaints: string[]
  close(): Promise<void>
}

type WindowOptions = Parameters<Browser['newContext']>[0]

async function openWindow(browser: Browser, options: WindowOptions = {}): Promise<BrowserContext> {
  const context = await browser.newContext({
    viewport: { width: 1600, height: 1000 },
    colorScheme: 'dark',
    // What moves while a page waits is painted again and again, by processors.
    reducedMotion: 'reduce',
    locale: 'fr-CA',
    ...options,
  })
  context.setDefaultTimeout(WAIT_MS)
  return context
}

/** Forgets the theme and the like that an earlier visit has chosen. */
async function forget(page: Page, origin: string): Promise<void> {
  await page.context().clearCookies()
  const session = await page.context().newCDPSession(page)
  await session.send('Storage.clearDataForOrigin', { origin, storageTypes: 'local_storage' })
  await session.detach()
}

export class Walker {
  readonly #browser: Browser
  readonly #origin: string
  readonly #stop: () => Promise<void>
  /** The window of those visits that share one. */
  readonly #shared: BrowserContext | undefined

  private constructor(
    browser: Browser,
    origin: string,
    stop: () => Promise<void>,
    shared: BrowserContext | undefined,
  ) {
    this.#browser = browser
    this.#origin = origin
    this.#stop = stop
    this.#shared = shared
  }

  /**
   * @param more what else the viewer is given: settings, and what may be done about findings; `remember`: a query that was
   * asked on another page is not asked again, for neither rows nor clock of the demonstration move, and visits are tabs of
   * one window with what it has loaded and compiled; what a person chose is forgotten
   */
  static async start(
    more: { readonly config?: object; readonly desk?: FindingDesk; readonly remember?: boolean } = {},
  ): Promise<Walker> {
    const store = await startDemoStore()
    const asked = clickHouseRows(store.url, 4)
    const rows = more.remember ? rememberedRows(asked) : asked
    const app = fastify()
    new Viewer(viewerSchema.parse(more.config ?? {}), {
      rows,
      clock: { nowMs: () => store.nowMs },
      logger: QUIET,
      metrics: new Registry(),
      dashboards: BOARDS,
      services: SERVICE_TITLES,
      ...(more.desk && { desk: more.desk }),
    }).register(app)
    const origin = await app.listen({ host: '127.0.0.1', port: 0 })
    const { chromium } = await import('playwright-core')
    const browser = await chromium.launch({
      ...(executablePath && { executablePath }),
      args: ['--no-sandbox'],
    })
    const shared = more.remember ? await openWindow(browser) : undefined
    // A window without a tab would close.
    await shared?.newPage()
    const stop = async () => {
      await browser.close()
      await app.close()
      await rows.close()
      await store.stop()
    }
    return new Walker(browser, origin, stop, shared)
  }

  stop(): Promise<void> {
    return this.#stop()
  }

  async visit(path: string, options?: WindowOptions): Promise<Visit> {
    const shared = options === undefined ? this.#shared : undefined
    const context = shared ?? (await openWindow(this.#browser, options))
    const page = await context.newPage()
    const complaints: string[] = []
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
    })
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('request', (request) => {
      if (!request.url().startsWith(this.#origin) && !/^(blob|data):/.test(request.url()))
        complaints.push(`foreign: ${request.url()}`)
    })
    page.on('response', (response) => {
      if (response.status() >= 400) complaints.push(`${response.status()} ${response.url()}`)
    })
    if (shared !== undefined) await forget(page, this.#origin)
    await page.goto(`${this.#origin}${path}`)
    await settled(page)
    return { page, complaints, close: () => (shared === undefined ? context.close() : page.close()) }
  }
}

/** Makes the page what a phone would show of it. */
export async function asPhone(page: Page): Promise<void> {
  const phone = await page.context().newCDPSession(page)
  await phone.send('Emulation.setTouchEmulationEnabled', { enabled: true, maxTouchPoints: 5 })
  await phone.send('Emulation.setDeviceMetricsOverride', {
    width: 390,
    height: 844,
    deviceScaleFactor: 2,
    mobile: true,
  })
}

/** All panels have drawn, or said that they cannot. */
export async function settled(page: Page): Promise<void> {
  await page.locator('.panel').first().waitFor({ timeout: WAIT_MS })
  const busy = page.locator('.panel[data-state="loading"], .panel[aria-busy]').first()
  await busy.waitFor({ state: 'detached', timeout: WAIT_MS })
}

/** Keeps a picture where somebody wants one. */
export async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env.VIGIE_SCREENSHOTS
  if (!folder) return
  mkdirSync(folder, { recursive: true })
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true })
}
