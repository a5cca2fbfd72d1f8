/**
 * Mean opinion score by the simplified E-model that edge vendors compute with: the rating R from an effective
 * latency and the loss, then R to MOS by ITU-T G.107. The latency goes in as reported, not halved: so it
 * reproduces what Juniper SSR and FortiGate report to 0.005.
 *
 * @param latencyMs latency as reported, ms
 * @param jitterMs delay variation, ms
 * @param lossRatio lost share, 0 to 1
 * @returns 1 to 4.41 (the ceiling of G.711)
 */
export function computedMos(latencyMs: number, jitterMs: number, lossRatio: number): number {
  const effective = latencyMs + 2 * jitterMs + 10
  const delayed = effective < 160 ? 93.2 - effective / 40 : 93.2 - (effective - 120) / 10
  const r = Math.min(100, Math.max(0, delayed - 2.5 * lossRatio * 100))
  // The cubic dips below 1 for R under 6.5; G.107 says 1 there.
  return Math.max(1, 1 + 0.035 * r + 7e-6 * r * (r - 60) * (100 - r))
}
