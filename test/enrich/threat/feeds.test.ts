import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { prefixAt } from '../../../enrich/tables/build_threats.js'
import { prefixText } from '../../../enrich/tables/prefix_text.js'
import { readFeed } from '../../../enrich/threat/formats.js'
import { type FeedContent, FeedError } from '../../../enrich/threat/indicator.js'
import { IndicatorSet } from '../../../enrich/threat/indicator_set.js'
import { mergeFeed } from '../../../enrich/threat/merge_feed.js'
import { patternAddresses } from '../../../enrich/threat/stix_pattern.js'
import type { ThreatFeed } from '../../../model/registry.js'
import { bundleOf, indicatorOf } from './stix_objects.js'

const test = suite('threat feeds')

const feed = (format: ThreatFeed['format'], more: Partial<ThreatFeed> = {}): ThreatFeed => ({
  id: 'f',
  format,
  source: 'x',
  ...more,
})

const values = (content: FeedContent): string[] =>
  Array.from({ length: content.size }, (_, row) =>
    prefixText(prefixAt({ ...content, numbers: content.from }, row)),
  )

test('are read from lists of addresses and prefixes, as lists are written', () => {
  const text = [
    '; Spamhaus DROP List',
    '# comment',
    '198.51.100.0/24 ; SBL1',
    '203.0.113.7',
    '"192.0.2.1","botnet"',
    '  2001:DB8:0:0::7 # C2',
    '198.51.100.9/28',
    '203.0.113.7',
    '0.0.0.0/0',
    'evil.example',
    '300.1.1.1',
    '',
  ].join('\r\n')
  const content = readFeed(feed('cidr', { severity_id: 5, confidence: 80 }), text, 100)
  assert.equal(values(content), [
    '198.51.100.0/24',
    '203.0.113.7',
    '192.0.2.1',
    '2001:db8::7',
    '198.51.100.0/28',
  ])
  assert.equal(content.names, ['SBL1', '', 'botnet', 'C2', ''])
  assert.equal([...content.severities], [5, 5, 5, 5, 5])
  assert.equal([...content.confidences], [80, 80, 80, 80, 80])
  assert.equal(content.skipped, { too_wide: 1, not_an_address: 2 })
  assert.equal(readFeed(feed('cidr'), text, 2).skipped.over_limit, 4)
})

test('are read from STIX bundles: the last version of each indicator, unless it is revoked', () => {
  const bundle = bundleOf([
    indicatorOf(1, "[ipv4-addr:value = '198.51.100.1']", { confidence: 90, name: 'C2 of Emotet' }),
    indicatorOf(1, "[ipv4-addr:value = '198.51.100.2']", { modified: '2026-11-02T00:00:00.000Z' }),
    indicatorOf(2, "[ipv4-addr:value = '198.51.100.3']"),
    indicatorOf(2, "[ipv4-addr:value = '198.51.100.3']", { modified: '2026-11-02T00:00:00Z', revoked: true }),
    indicatorOf(3, "[ipv6-addr:value = '2001:db8::/32']", { valid_until: '2026-12-01T00:00:00Z' }),
    indicatorOf(4, "[file:hashes.MD5 = 'd41d8cd98f00b204e9800998ecf8427e']"),
    indicatorOf(5, 'alert tcp any any', { pattern_type: 'snort' }),
    indicatorOf(6, "[ipv4-addr:value = '198.51.100.6']", { valid_until: '2026-10-01T00:00:00Z' }),
    indicatorOf(7, "[ipv4-addr:value IN ('192.0.2.1', '192.0.2.2')]"),
    { type: 'malware', spec_version: '2.1', id: 'malware--1', is_family: false },
  ])
  const content = readFeed(feed('stix'), JSON.stringify(bundle, undefined, 2), 100)
  assert.equal(values(content), ['198.51.100.2', '2001:db8::/32', '192.0.2.1', '192.0.2.2'])
  assert.is(content.from[1], Date.parse('2026-11-01T00:00:00Z') / 1000)
  assert.is(content.until[1], Date.parse('2026-12-01T00:00:00Z') / 1000)
  assert.is(content.until[0], 0xffffffff)
  assert.is(content.severities[0], 4)
  assert.equal(content.skipped, { revoked: 1, pattern_unsupported: 2, invalid: 1 })
  assert.throws(
    () => readFeed(feed('stix'), '<html>', 100),
    (e: unknown) => e instanceof FeedError,
  )
})

test('take of a STIX pattern those addresses that make it true by themselves', () => {
  const cases: readonly [string, string[] | undefined][] = [
    ["[ipv4-addr:value = '1.2.3.4' OR ipv4-addr:value = '1.2.3.5']", ['1.2.3.4', '1.2.3.5']],
    ["[ipv4-addr:value = '1.2.3.4'] OR [ipv6-addr:value = '2001:db8::1']", ['1.2.3.4', '2001:db8::1']],
    ["([ipv4-addr:value ISSUBSET '1.2.3.0/24']) WITHIN 300 SECONDS", ['1.2.3.0/24']],
    [
      "[network-traffic:dst_ref.type = 'ipv4-addr' AND network-traffic:dst_ref.value = '1.2.3.4']",
      ['1.2.3.4'],
    ],
    ["[ipv4-addr:value = '1.2.3.4' OR domain-name:value = 'evil.example']", ['1.2.3.4']],
    ["[domain-name:value = 'it''s']", undefined],
    ["[ipv4-addr:value = '1.2.3.4' AND network-traffic:dst_port = 443]", undefined],
    ["[ipv4-addr:value != '1.2.3.4']", undefined],
    ["[ipv4-addr:value NOT = '1.2.3.4']", undefined],
    ["[ipv4-addr:value = '1.2.3.4'] AND [ipv4-addr:value = '1.2.3.5']", undefined],
    ["[ipv4-addr:value = '1.2.3.4'] FOLLOWEDBY [ipv4-addr:value = '1.2.3.5']", undefined],
    ["[(ipv4-addr:value = '1.2.3.4' OR ipv4-addr:value = '1.2.3.5')]", ['1.2.3.4', '1.2.3.5']],
    ["[ipv4-addr:value = '1.2.3.4'] START t'2026-01-01T00:00:00Z' STOP t'2026-02-01T00:00:00Z'", ['1.2.3.4']],
    ["[ipv4-addr:value = '1.2.3.4'", undefined],
    ['[', undefined],
    ['', undefined],
    [`${'('.repeat(100)}[ipv4-addr:value = '1.2.3.4']${')'.repeat(100)}`, undefined],
  ]
  for (const [pattern, expected] of cases) assert.equal(patternAddresses(pattern), expected, pattern)
})

const attribute = (type: string, value: string, more: object = {}): object => ({
  uuid: `00000000-0000-4000-8000-${value.replaceAll(/\D/g, '').padStart(12, '0')}`,
  type,
  value,
  to_ids: true,
  deleted: false,
  timestamp: '1793491200',
  ...more,
})

test('are read from MISP: events, answers of a search and attributes alone', () => {
  const event = {
    info: 'Emotet',
    threat_level_id: '1',
    Tag: [{ name: 'misp:confidence-level="usually-confident"' }],
    Attribute: [
      attribute('ip-dst', '198.51.100.1', { comment: 'epoch 5' }),
      attribute('ip-dst|port', '198.51.100.2|8080'),
      attribute('ip-src', '198.51.100.3', { to_ids: false }),
      attribute('ip-src', '198.51.100.4', { deleted: true }),
      attribute('md5', 'd41d8cd98f00b204e9800998ecf8427e'),
    ],
    Object: [
      { name: 'network-connection', Attribute: [attribute('domain|ip', 'evil.example|203.0.113.0/28')] },
    ],
  }
  const expected = ['198.51.100.1', '198.51.100.2', '203.0.113.0/28']
  for (const content of [{ Event: event }, { response: [{ Event: event }] }, [{ Event: event }], event]) {
    const read = readFeed(feed('misp', { expires_days: 10 }), JSON.stringify(content), 100)
    assert.equal(values(read), expected)
    assert.equal(read.names.slice(0, 2), ['Emotet: epoch 5', 'Emotet'])
    assert.equal([...read.severities], [4, 4, 4])
    assert.equal([...read.confidences], [75, 75, 75])
    assert.is(read.until[0], 1793491200 + 10 * 86_400)
    assert.equal(read.skipped, { not_for_detection: 1, revoked: 1 })
  }
  const alone = { response: { Attribute: event.Attribute } }
  assert.equal(values(readFeed(feed('misp'), JSON.stringify(alone), 100)), expected.slice(0, 2))
  for (const wrong of ['', '{', '{"a":1}', '[1]', '"x"']) {
    assert.throws(
      () => readFeed(feed('misp'), wrong, 100),
      (e: unknown) => e instanceof FeedError,
      wrong,
    )
  }
})

const cidr = (...lines: string[]): FeedContent => readFeed(feed('cidr'), lines.join('\n'), 100)

const numbersOf = (set: IndicatorSet): Record<string, number> =>
  Object.fromEntries(
    Array.from({ length: set.size }, (_, row) => [
      `${set.feedOf(row)}:${prefixText(prefixAt(set, row))}`,
      set.numbers[row]!,
    ]),
  )

test('give each indicator one number for as long as it is there, and never a number twice', () => {
  const replace = (set: IndicatorSet, id: string, content?: FeedContent): IndicatorSet =>
    mergeFeed(set, { feed: id, mode: 'replace', ...(content && { content }) }).set
  let set = replace(IndicatorSet.empty(), 'a', cidr('192.0.2.1', '192.0.2.2'))
  set = replace(set, 'b', cidr('192.0.2.1', '2001:db8::/32'))
  assert.equal(numbersOf(set), { 'a:192.0.2.1': 1, 'a:192.0.2.2': 2, 'b:192.0.2.1': 3, 'b:2001:db8::/32': 4 })
  const again = mergeFeed(set, { feed: 'a', mode: 'replace', content: cidr('192.0.2.2', '192.0.2.1') })
  assert.is(again.set, set)
  set = replace(set, 'a', cidr('192.0.2.2 named', '192.0.2.3'))
  assert.equal(numbersOf(set), { 'b:192.0.2.1': 3, 'b:2001:db8::/32': 4, 'a:192.0.2.2': 2, 'a:192.0.2.3': 5 })
  set = replace(set, 'a', cidr('192.0.2.1'))
  assert.is(numbersOf(set)['a:192.0.2.1'], 6)
  set = replace(set, 'b')
  assert.equal(numbersOf(set), { 'a:192.0.2.1': 6 })
  assert.equal(set.header.feeds, ['a'])
  const opened = IndicatorSet.unpack(set.pack())
  assert.equal(numbersOf(opened), numbersOf(set))
  assert.equal(opened.header, set.header)
})

test('tell the store what came, what changed and what was retired', () => {
  const first = mergeFeed(IndicatorSet.empty(), {
    feed: 'a',
    mode: 'replace',
    content: cidr('192.0.2.1', '192.0.2.2'),
  })
  const result = mergeFeed(first.set, {
    feed: 'a',
    mode: 'replace',
    content: cidr('192.0.2.2 tab\there', '192.0.2.9'),
  })
  assert.equal([result.added, result.changed, result.retired], [1, 1, 1])
  const lines = Buffer.concat([...result.rows(1_793_491_200_000)])
    .toString()
    .trimEnd()
    .split('\n')
  assert.equal(
    lines.map((line) =>
      line
        .split('\t')
        .filter((_, i) => i < 7 || i > 10)
        .join(' '),
    ),
    [
      '1 a 192.0.2.1 ::ffff:192.0.2.1 128   1793491200 2',
      '2 a 192.0.2.2 ::ffff:192.0.2.2 128  tab\\there 0000000000 2',
      '3 a 192.0.2.9 ::ffff:192.0.2.9 128   0000000000 2',
    ],
  )
})

test('of a poll that brings only what is new, keep what it does not name, and drop what it revokes', () => {
  const stix = (...objects: object[]): FeedContent =>
    readFeed(feed('taxii'), objects.map((o) => JSON.stringify(o)).join('\n'), 100)
  const whole = mergeFeed(IndicatorSet.empty(), {
    feed: 't',
    mode: 'replace',
    content: stix(
      indicatorOf(1, "[ipv4-addr:value = '192.0.2.1']"),
      indicatorOf(2, "[ipv4-addr:value = '192.0.2.2']"),
      indicatorOf(3, "[ipv4-addr:value = '192.0.2.3']"),
    ),
  }).set
  const after = mergeFeed(whole, {
    feed: 't',
    mode: 'merge',
    content: stix(
      indicatorOf(2, "[ipv4-addr:value = '192.0.2.2']", { revoked: true, modified: '2026-11-03T00:00:00Z' }),
      indicatorOf(3, "[ipv4-addr:value = '192.0.2.33']", { modified: '2026-11-03T00:00:00Z' }),
    ),
  })
  assert.equal(numbersOf(after.set), { 't:192.0.2.1': 1, 't:192.0.2.33': 4 })
  assert.equal([after.added, after.changed, after.retired], [1, 0, 2])
})

test.run()
