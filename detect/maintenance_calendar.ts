/** A planned maintenance by the registry's numbers, as `MaintenanceCalendar` reads it. */
export interface MaintenanceWindow {
  readonly id: string
  /** ms since 1970; the end is not included. */
  readonly startMs: number
  readonly endMs: number
  readonly organizations: ReadonlySet<number>
  readonly sites: ReadonlySet<number>
  readonly links: ReadonlySet<number>
  readonly suppliers: ReadonlySet<number>
}

/** Where something is, by the registry's numbers; 0 or left out: unknown. */
export interface Whereabouts {
  readonly orgId?: number
  readonly siteId?: number
  readonly linkId?: number
  readonly supplierId?: number
}

/**
 * Planned maintenance: who is worked on when. A window that names links covers those only; one that names suppliers covers
 * what hangs on one of them, so a site with a second supplier is not excused by the maintenance of the first.
 */
export class MaintenanceCalendar {
  readonly #windows: readonly MaintenanceWindow[]

  constructor(windows: readonly MaintenanceWindow[]) {
    this.#windows = [...windows].sort((a, b) => a.startMs - b.startMs)
  }

  get size(): number {
    return this.#windows.length
  }

  /** The id of the maintenance that covers a place at a moment; undefined: none does. */
  covering(place: Whereabouts, ms: number): string | undefined {
    for (const window of this.#windows) {
      if (window.startMs > ms) return undefined
      if (ms < window.endMs && covers(window, place)) return window.id
    }
    return undefined
  }
}

function covers(window: MaintenanceWindow, { orgId, siteId, linkId, supplierId }: Whereabouts): boolean {
  const within = (list: ReadonlySet<number>, number: number | undefined): boolean =>
    number !== undefined && number !== 0 && list.has(number)
  return (
    within(window.organizations, orgId) ||
    within(window.sites, siteId) ||
    within(window.links, linkId) ||
    within(window.suppliers, supplierId)
  )
}
