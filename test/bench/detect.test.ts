import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { runDetectBench, TEST_SIZE } from '../../bench/detect.js'
import { TEST_SIZE as MEMORY_SIZE, runDetectMemoryBench } from '../../bench/detect_memory.js'
import { runDetectionBench } from '../../bench/detection.js'
import { detectionPage, intoPage, poissonUpper } from '../../bench/detection_page.js'
import { TEST_SIZE as QUALITY_SIZE } from '../../bench/detection_parts.js'
import { TEST_SIZE as LINK_SIZE, runLinkDetection } from '../../bench/link_detection.js'
import { linkDetectionPage, linksIntoPage } from '../../bench/link_detection_page.js'

const test = suite('bench/detect')

test('runs small, and its result hangs on the seed alone', () => {
  const [a, b] = [runDetectBench(TEST_SIZE), runDetectBench(TEST_SIZE)]
  assert.is(a.hash, b.hash)
  assert.ok(a.partialBytesPerFlow > 0)
  assert.is.not(runDetectBench({ ...TEST_SIZE, seed: 2 }).hash, a.hash)
})

test('the memory of a detector is measured in a process of its own, and what it finds hangs on the seed alone', async () => {
  const [a, b] = [await runDetectMemoryBench(MEMORY_SIZE), await runDetectMemoryBench(MEMORY_SIZE)]
  assert.is(a.hash, b.hash)
  assert.ok(a.idleMib > 0 && a.peakMib >= a.idleMib)
})

test('the quality bench finds the opening of a demonstration and writes its page', () => {
  const result = runDetectionBench(QUALITY_SIZE)
  const cells = Object.values(result.short.cells).flatMap((k) => Object.values(k))
  assert.ok(cells.length >= 5)
  assert.ok(cells.every((c) => c.found === c.incidents))
  assert.equal(result.short.falseFindings, [])
  assert.ok(result.short.rivals['Zeek scan policy|scan|']!.incidents > 0)
  const page =
    '# t\n\n<!-- written by bench/detection.ts: begin -->\nformer\n<!-- written by bench/detection.ts: end -->\nrest\n'
  const written = intoPage(page, detectionPage(QUALITY_SIZE, result))
  assert.match(written, /\| syn_flood \| 0.1 \| 1\/1/)
  assert.match(written, /rest\n$/)
  assert.not.match(written, /former/)
})

test('the bench of links finds what befalls the simulated edges, and writes its section', () => {
  const { troubles, clean } = runLinkDetection(LINK_SIZE)
  const cells = Object.values(troubles.cells).flatMap((k) => Object.values(k))
  assert.ok(cells.length >= 3)
  const sum = (of: 'found' | 'incidents') => cells.reduce((total, cell) => total + cell[of], 0)
  assert.ok(sum('found') >= 0.9 * sum('incidents'), `${sum('found')} of ${sum('incidents')}`)
  assert.equal([troubles.falseFindings, clean.falseFindings], [[], []])
  const mark = (end: string) => `<!-- written by bench/link_detection.ts: ${end} -->`
  const page = `# t\n${mark('begin')}\nformer\n${mark('end')}\nrest\n`
  const written = linksIntoPage(page, linkDetectionPage(LINK_SIZE, troubles, clean))
  assert.match(written, /\| brownout \| 1 \| \d+\/\d+/)
  assert.match(written, /rest\n$/)
  assert.not.match(written, /former/)
})

test("a Poisson count's exact upper end", () => {
  assert.ok(Math.abs(poissonUpper(0) - 3.689) < 0.001)
  assert.ok(Math.abs(poissonUpper(10) - 18.391) < 0.001)
})

test.run()
