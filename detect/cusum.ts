/** Overshoot that Siegmund's approximation adds to the threshold. */
const OVERSHOOT = 1.166

/** Mean samples to a false alarm of a one-sided CUSUM on standard normal values (Siegmund 1985, eq. 2.57). */
export function falseAlarmSamples(k: number, h: number): number {
  const b = 2 * k * (h + OVERSHOOT)
  return (Math.exp(b) - b - 1) / (2 * k * k)
}

/** The threshold at which a false alarm comes once in `samples`, on average. */
export function cusumThreshold(k: number, samples: number): number {
  let [low, high] = [0, 100 / k]
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2
    if (falseAlarmSamples(k, middle) < samples) low = middle
    else high = middle
  }
  return high
}

/** Deviations beyond this count as this: one wild value is no change. */
const CLIP = 6

/** One step of a one-sided CUSUM: `z` is the deviation in standard deviations, towards the side that is looked at. */
export function cusumStep(sum: number, z: number, k: number, h: number): number {
  return Math.min(2 * h, Math.max(0, sum + Math.max(-CLIP, Math.min(CLIP, z)) - k))
}
