import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { loadRegistry } from '../../../enrich/registry/load.js'
import { buildNetwork } from '../../../simulate/network.js'
import { registryJson } from '../../../simulate/registry_file.js'

const test = suite('the registry of the reference network')

test('passes the check without a mistake', () => {
  const { registry, mistakes } = loadRegistry([{ name: 'r.json', text: registryJson(buildNetwork(7, 1650)) }])
  assert.equal(mistakes, [])
  assert.is(registry?.sites.length, 1650)
})

test.run()
