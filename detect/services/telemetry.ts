import type { SecurityService } from '../service.js'
import { EdgeTelemetry } from './telemetry_edges.js'
import { type TelemetryParameters, telemetryParameters } from './telemetry_parameters.js'

export const telemetry: SecurityService<TelemetryParameters> = {
  id: 'telemetry',
  title: { fr: 'Santé de la télémétrie', en: 'Health of telemetry' },
  about: {
    fr: 'Trouve ce que l’on ne voit plus : équipements, sites et fabricants dont la télémétrie s’interrompt, exportateurs muets, flux exportés perdus ou illisibles, horloges décalées, échantillonnage changé.',
    en: 'Finds what is no longer seen: devices, sites and vendors whose telemetry stops, silent exporters, exported flows that are lost or unreadable, wrong clocks, changed sampling.',
  },
  techniques: ['T1562.006'],
  analyticType: 1,
  needs: ['observed_at', 'device'],
  betterWith: ['exporter_addr', 'sampling_rate'],
  parameters: telemetryParameters,
  samples: { analyzer: (context) => new EdgeTelemetry(context) },
}
