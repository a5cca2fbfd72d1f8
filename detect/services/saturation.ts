import { z } from 'zod'
import type { SecurityService } from '../service.js'
import { saturationForecast } from './saturation_forecast.js'

export const saturationParameters = z.strictObject({
  forecast_utilisation: z
    .number()
    .gt(0)
    .max(1)
    .default(0.8)
    .describe('Share of the capacity that the weekly 95th percentile is forecast to reach'),
  forecast_days: z
    .number()
    .positive()
    .default(90)
    .describe('Days within which it is reached also where growth is as slow as one slope in ten'),
  forecast_weeks: z
    .number()
    .int()
    .min(8)
    .default(8)
    .describe('Whole weeks that a forecast is made from, at least'),
  allow: z.array(z.string()).max(1000).default([]).describe('Registry ids of links that may be full'),
})
export type SaturationParameters = z.output<typeof saturationParameters>

export const saturation: SecurityService<SaturationParameters> = {
  id: 'saturation',
  title: { fr: 'Saturation des liens', en: 'Saturation of links' },
  about: {
    fr: 'Trouve les liens dont la croissance mène à la saturation dans les mois qui viennent.',
    en: 'Finds links whose growth leads to saturation in the months to come.',
  },
  techniques: [],
  analyticType: 3,
  needs: ['observed_at', 'link', 'tx_bps', 'rx_bps'],
  betterWith: ['tx_bytes', 'rx_bytes'],
  parameters: saturationParameters,
  horizons: saturationForecast,
}
