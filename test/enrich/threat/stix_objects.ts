/** A STIX 2.1 indicator (section 4.7) with all that is required of one. */
export const indicatorOf = (number: number, pattern: string, more: object = {}): Record<string, unknown> => ({
  type: 'indicator',
  spec_version: '2.1',
  id: `indicator--00000000-0000-4000-8000-${String(number).padStart(12, '0')}`,
  created: '2026-11-01T00:00:00.000Z',
  modified: '2026-11-01T00:00:00.000Z',
  pattern,
  pattern_type: 'stix',
  valid_from: '2026-11-01T00:00:00Z',
  ...more,
})

export const bundleOf = (objects: readonly object[]): object => ({
  type: 'bundle',
  id: 'bundle--00000000-0000-4000-8000-000000000000',
  objects,
})
