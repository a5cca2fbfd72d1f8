import type { SecurityService } from '../service.js'
import { EdgeTelemetry } from './telemetry_edges.js'
import { ExporterTelemetry } from './telemetry_exporters.js'
import { type TelemetryParameters, telemetryParameters } from './telemetry_parameters.js'
import { TelemetryCollector } from './telemetry_section.js'

export const telemetry: SecurityService<TelemetryParameters> = {
  id: 'telemetry',
  title: { fr: 'Santé de la télémétrie', en: 'Health of telemetry' },
  about: {
    fr: 'Trouve ce que l’on ne voit plus : équipements, sites et fabricants dont la télémétrie s’interrompt, exportateurs muets, flux exportés perdus ou illisibles, horloges décalées, échantillonnage changé.',
    en: 'Finds what is no longer seen: devices, sites and vendors whose telemetry stops, silent exporters, exported flows that are lost or unreadable, wrong clocks, changed sampling.',
  },
  techniques: ['T1562.006'],
  category: 'telemetry',
  analyticType: 1,
  needs: ['observed_at', 'vendor', 'device', 'exporter_addr'],
  betterWith: ['controller', 'sampling_rate'],
  parameters: telemetryParameters,
  flows: {
    tag: 11,
    loosest: (all) => all[0]!,
    collector: () => new TelemetryCollector(),
    analyzer: (context) => new ExporterTelemetry(context),
  },
  samples: { analyzer: (context) => new EdgeTelemetry(context) },
}
