/** How busy things are over the week in Québec's time. Each curve has the mean 1 over a week. */
export type CurveId = 'office' | 'clinical' | 'mixed' | 'constant' | 'night' | 'evening'

/** A smooth hill between two hours of the day. */
const hill = (hour: number, from: number, to: number): number =>
  hour <= from || hour >= to ? 0 : Math.sin((Math.PI * (hour - from)) / (to - from)) ** 0.7

const lunch = (hour: number): number => 1 - 0.25 * hill(hour, 11.5, 13.5)

/** `day` 0 is Monday; `hour` runs from 0 to 24. */
const SHAPES: Readonly<Record<CurveId, (day: number, hour: number) => number>> = {
  office: (day, hour) => 0.06 + (day < 5 ? hill(hour, 6.5, 18.5) * lunch(hour) : 0.06 * hill(hour, 8, 17)),
  clinical: (day, hour) => 0.3 + (day < 5 ? 1 : 0.55) * hill(hour, 5.5, 21.5) * lunch(hour),
  mixed: (day, hour) => 0.45 + (day < 5 ? 0.8 : 0.25) * hill(hour, 6, 20),
  constant: () => 1,
  night: (_, hour) => 0.12 + hill((hour + 12) % 24, 9, 18),
  evening: (day, hour) => 0.15 + (day < 5 ? 0.8 : 1) * hill(hour, 9, 23.9),
}

const SLOTS_PER_HOUR = 4
const SLOTS = 7 * 24 * SLOTS_PER_HOUR

const MEANS = Object.fromEntries(
  Object.entries(SHAPES).map(([id, shape]) => {
    let sum = 0
    for (let i = 0; i < SLOTS; i++)
      sum += shape(Math.floor(i / (24 * SLOTS_PER_HOUR)), (i / SLOTS_PER_HOUR) % 24)
    return [id, sum / SLOTS]
  }),
) as Record<CurveId, number>

export const curve = (id: CurveId, day: number, hour: number): number => SHAPES[id](day, hour) / MEANS[id]

const TORONTO = new Intl.DateTimeFormat('en-CA', {
  timeZone: 'America/Toronto',
  weekday: 'short',
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
})
const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']

/** Day of the week (0 is Monday) and hour of the day with its fraction, in America/Toronto. */
export function localTime(ms: number): { day: number; hour: number } {
  const parts = TORONTO.formatToParts(ms)
  const part = (type: string): string => parts.find((p) => p.type === type)?.value ?? '0'
  const day = DAYS.findIndex((d) => part('weekday').startsWith(d))
  return { day, hour: Number(part('hour')) + Number(part('minute')) / 60 }
}
