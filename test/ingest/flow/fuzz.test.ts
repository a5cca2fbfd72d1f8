import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { runFuzz } from './fuzz.js'

const test = suite('broken datagrams')

test('broken datagrams neither throw nor loop, balance, and give the same rows in any frames', () => {
  const result = runFuzz(6000, 1)
  assert.ok(result.flows > 1000 && result.rejects > 500, JSON.stringify(result))
})

test('the same seed gives the same rows', () => {
  assert.equal(runFuzz(640, 42), runFuzz(640, 42))
})

test.run()
