import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  elementName,
  elementOf,
  enterpriseOf,
  NamedElementsError,
  parseNamedElements,
  v9ScopeOf,
} from '../../../ingest/flow/elements.js'
import { generateElements } from '../../../ingest/flow/elements_generator.js'

const test = suite('elements')
const folder = new URL('../../../../ingest/flow/', import.meta.url)
const read = (file: string) => readFileSync(new URL(file, folder), 'utf8')

test('the generated table is what the generator makes of the registry', () => {
  const text = generateElements(read('elements.csv'), read('elements_enterprises.csv'))
  assert.is(text, read('elements.generated.ts'), 'run: node dist/ingest/flow/elements_generator.js')
})

test('the generator refuses a name that stands twice and a type that does not exist', () => {
  const head = 'pen,id,name,type,semantics\n'
  assert.throws(() => generateElements(`${head}0,1,a,string,\n9,1,a,string,\n`, ''), /twice/)
  assert.throws(() => generateElements(`${head}0,1,a,text,\n`, ''), /does not read/)
})

test('elements of IANA and of enterprises have their names and types', () => {
  assert.equal(elementOf(0, 1), { name: 'octetDeltaCount', type: 'unsigned64', semantics: 'deltaCounter' })
  assert.ok(elementOf(0, 533))
  assert.is(elementOf(0, 8)?.type, 'ipv4Address')
  assert.is(elementOf(41916, 4321)?.name, 'viptelaVPNId')
  assert.is(elementOf(35632, 118)?.type, 'unsigned64')
  assert.is(elementOf(0, 65), undefined)
  assert.is(elementName(2011, 701), '2011.701')
  assert.is(enterpriseOf(2011), 'Huawei Technologies')
})

test('reverse elements are those of IANA with another name', () => {
  assert.equal(elementOf(29305, 1), {
    name: 'reverseOctetDeltaCount',
    type: 'unsigned64',
    semantics: 'deltaCounter',
  })
  assert.is(elementOf(6871, 16384 + 14)?.name, 'reverseInitialTCPFlags')
  assert.is(elementOf(29305, 65), undefined)
})

test('NetFlow v9 vendor types find the enterprise they belong to', () => {
  assert.is(elementOf(0, 33002)?.name, 'NF_F_FW_EXT_EVENT')
  assert.is(elementOf(0, 12235 + 32768)?.name, 'appHTTPHost')
  assert.is(elementOf(0, 57590)?.name, 'L7_PROTO')
  assert.is(elementOf(0, 56701)?.name, 'appId')
  assert.is(elementOf(0, 65535), undefined)
})

test('scope types of NetFlow v9 are numbers of their own', () => {
  assert.is(v9ScopeOf(1)?.name, 'scopeSystem')
  assert.is(v9ScopeOf(5)?.name, 'scopeTemplate')
  assert.is(v9ScopeOf(149)?.name, 'observationDomainId')
})

test('a user names elements in YAML, and they come first', () => {
  const named = parseNamedElements('12356.10: fortinetPolicy, unsigned32\n')
  assert.is(elementOf(12356, 10, named)?.name, 'fortinetPolicy')
  assert.is(elementOf(12356, 1, named), undefined)
  assert.is(elementOf(0, 1, parseNamedElements('0.1: octets, unsigned64'))?.name, 'octets')
  assert.is(parseNamedElements('2011.701: own').get(2011 * 65536 + 701)?.type, 'octetArray')
  assert.is(parseNamedElements('').size, 0)
})

test('a file of names that does not read tells all its mistakes at once', () => {
  try {
    parseNamedElements('12356: x\n1.70000: y\n1.2: z, text\n1.3: two words\n1.4: [list]\n')
    assert.unreachable()
  } catch (error) {
    assert.instance(error, NamedElementsError)
    assert.is((error as NamedElementsError).mistakes.length, 5)
  }
})

test.run()
