import { z } from 'zod'

export const telemetryParameters = z.strictObject({
  silence_s: z
    .number()
    .positive()
    .default(90)
    .describe('Silence of a device or exporter, at least, s; more where three of its longest gaps are more'),
  feed_devices: z
    .number()
    .int()
    .min(2)
    .default(3)
    .describe('Devices of a vendor, or exporters of a collector, that fall silent together as one'),
  skew_s: z
    .number()
    .positive()
    .default(30)
    .describe('How far a clock may be from the receipt, s; of a device, from what is usual for its vendor'),
  lag_s: z
    .number()
    .positive()
    .default(900)
    .describe('How late a device’s word may come where no others of its vendor can be compared with, s'),
  loss_ratio: z
    .number()
    .min(0)
    .max(1)
    .default(0.01)
    .describe('Lost share of what an exporter sent, by its sequence numbers, within `loss_window_s`'),
  loss_units: z.number().int().min(1).default(100).describe('and how many units, at least'),
  loss_window_s: z.number().positive().default(60).describe('Over which loss is summed up, s'),
  restarts: z.number().int().min(1).default(3).describe('Restarts of an exporter within an hour'),
  unreadable_s: z
    .number()
    .positive()
    .default(120)
    .describe('How long an exporter’s data must come without their template, s'),
  quiet_s: z.number().min(60).default(300).describe('Quiet after which an incident is closed, s'),
})
export type TelemetryParameters = z.output<typeof telemetryParameters>
