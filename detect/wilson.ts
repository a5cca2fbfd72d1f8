/** Of the normal distribution, both sides of 95 %. */
const Z = 1.959964

/**
 * Lower bound of Wilson's 95 % score interval of a share. (E. B. Wilson, J. Am. Stat. Assoc. 22, 1927.)
 * @param share observed, 0 to 1
 * @param n observations
 */
export function wilsonLower(share: number, n: number): number {
  if (n <= 0) return 0
  const z2 = Z * Z
  const middle = share + z2 / (2 * n)
  const spread = Z * Math.sqrt((share * (1 - share)) / n + z2 / (4 * n * n))
  return Math.max(0, (middle - spread) / (1 + z2 / n))
}
