import { z } from 'zod'

const count = (min: number) => z.number().int().min(min)

export const slaParameters = z.strictObject({
  latency_ratio: z
    .number()
    .min(1)
    .default(1.5)
    .describe('Latency that many times what is normal for the path, and more'),
  latency_min_ms: z.number().min(0).default(20).describe('and by so much more, at least, ms'),
  jitter_ratio: z.number().min(1).default(3).describe('Jitter that many times what is normal'),
  jitter_min_ms: z.number().min(0).default(20).describe('and by so much more, at least, ms'),
  loss_ratio: z
    .number()
    .min(0)
    .max(1)
    .default(0.02)
    .describe(
      'Lost share of packets, by the lower bound of Wilson’s 95 % interval, where no contract says less',
    ),
  probes_per_s: z
    .number()
    .positive()
    .default(1)
    .describe(
      'Probes a second from which a loss is taken to be measured: vendors do not say how many they send',
    ),
  mos_drop: z.number().min(0).default(0.5).describe('Mean opinion score that much below what is normal'),
  mos_floor: z.number().min(1).max(5).default(3.6).describe('and below this'),
  persist: count(1).default(3).describe('Samples of the last five that must be bad'),
  cusum_k: z
    .number()
    .positive()
    .default(0.5)
    .describe('Reference value of the CUSUM on log latency, standard deviations'),
  false_alarm_samples: z
    .number()
    .min(100)
    .default(1e7)
    .describe('Samples between two false alarms of that CUSUM, on average; its threshold h follows from it'),
  learn_samples: count(3).default(12).describe('Samples of a path before it is compared with its own past'),
  baseline_s: z.number().positive().default(3600).describe('Memory of what is normal, s'),
  rebaseline_s: z
    .number()
    .positive()
    .default(86_400)
    .describe('A level that holds for so long is the new normal, s'),
  gather_s: z
    .number()
    .min(0)
    .default(15)
    .describe(
      'How long a trouble must last, once it is seen, before it is told: others of its supplier may follow, s',
    ),
  flaps: count(2).default(6).describe('Changes between up and down that make a link flap'),
  flap_window_s: z.number().positive().default(600).describe('within this time, s'),
  carrier_min: count(2)
    .default(4)
    .describe('Links of one supplier and region in trouble that are an outage of the supplier'),
  carrier_ratio: z.number().min(0).max(1).default(0.5).describe('and what share of all its links there'),
  carrier_window_s: z.number().positive().default(900).describe('begun within so long of one another, s'),
  stale_s: z.number().positive().default(3600).describe('What was said longer ago no longer holds, s'),
  quiet_s: z.number().min(60).default(180).describe('Quiet after which an incident is closed, s'),
})
export type SlaParameters = z.output<typeof slaParameters>
