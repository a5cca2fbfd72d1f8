import type { FlowBlock } from '../../model/flow_block.js'
import type { SharedTables } from '../tables/shared_tables.js'
import { ApplicationStage } from './application_stage.js'
import { CountedStage } from './counted_stage.js'
import { ExporterStage } from './exporter_stage.js'
import { GeoStage } from './geo_stage.js'
import { LinkStage } from './link_stage.js'
import { PlaceStage } from './place_stage.js'
import { PrivacyStage } from './privacy_stage.js'
import { RowScratch } from './row_scratch.js'
import { ThreatStage } from './threat_stage.js'
import { VrfStage } from './vrf_stage.js'

/**
 * Fills the columns of the enrichment, in place, for all rows of a block: who and where both ends are, what
 * the application is, over which link it went, whether totals count it, and whether a threat feed names an
 * end. One belongs to one worker; a new registry version is a new Enricher, so a block is of one version
 * whole.
 */
export class Enricher {
  /** Version of the registry whose tables it holds. */
  readonly version: number
  readonly #scratch = new RowScratch()
  readonly #exporters: ExporterStage
  readonly #vrfs: VrfStage
  readonly #places: PlaceStage
  readonly #counted: CountedStage | undefined
  readonly #links: LinkStage | undefined
  readonly #applications: ApplicationStage
  readonly #threats: ThreatStage | undefined
  readonly #geo: GeoStage | undefined
  readonly #privacy: PrivacyStage | undefined
  #useVrfs = false

  constructor(tables: SharedTables) {
    this.version = tables.version
    this.#exporters = new ExporterStage(tables.exporters)
    this.#vrfs = new VrfStage(tables)
    this.#places = new PlaceStage(tables)
    this.#counted = tables.exporters && new CountedStage(tables.exporters, tables.places)
    this.#links = tables.links && new LinkStage(tables.links)
    this.#applications = new ApplicationStage(tables.applications)
    this.#threats = tables.threats && new ThreatStage(tables.threats)
    this.#geo = tables.geo && new GeoStage(tables.geo)
    this.#privacy = tables.privacy && new PrivacyStage(tables, tables.privacy)
  }

  enrich(block: FlowBlock): void {
    const scratch = this.#scratch
    scratch.fit(block.capacity)
    this.#exporters.run(block, scratch)
    this.#useVrfs = this.#vrfs.run(block, scratch)
    this.#places.run(block, scratch, this.#useVrfs)
    this.#counted?.run(block, scratch)
    this.#links?.run(block, scratch)
    this.#applications.run(block)
    this.#threats?.run(block)
    this.#geo?.run(block, scratch)
  }

  /**
   * Takes true addresses out of the rows of the block that was enriched last, where the registry says so: when
   * everybody who needs them has seen them, and before they are stored.
   */
  protect(block: FlowBlock): void {
    this.#privacy?.run(block, this.#scratch, this.#useVrfs)
  }
}
