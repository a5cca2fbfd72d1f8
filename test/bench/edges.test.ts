import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { runEdgeMutations } from '../../bench/edge_mutations.js'
import { runEdgesBench } from '../../bench/edges.js'

/** The benches of edges, run small: what they hold must hold of any size; times are not asserted. */
const benches = suite('benches of edges')

benches('samples and a burst of them are stored, each once', async () => {
  const request = { seconds: 2, flowsPerSecond: 0, sites: 500, burst: 5, say: () => {} }
  const { sent, stored, balanced } = await runEdgesBench(request)
  assert.ok(sent > 500)
  assert.equal([stored, balanced], [sent, true])
})

benches('broken payloads are in the store or in the dead letters, to the last one', async () => {
  const result = await runEdgeMutations({ payloads: 600, seed: 7, say: () => {} })
  const { payloads_missing, records_missing, letters_missing, rows_missing, balanced } = result
  assert.equal(
    [payloads_missing, records_missing, letters_missing, rows_missing, balanced],
    [0, 0, 0, 0, true],
  )
  assert.ok(result.letters > 100 && result.rows > 100)
})

benches.run()
