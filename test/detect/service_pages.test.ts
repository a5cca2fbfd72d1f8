import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { withParameters } from '../../detect/service_page.js'
import { SERVICES } from '../../detect/services/index.js'

const test = suite('docs/services')
const pages = join(fileURLToPath(new URL('../../..', import.meta.url)), 'docs', 'services')

test('each service has a page, whose parameters are those of the code', () => {
  for (const service of SERVICES) {
    const path = join(pages, `${service.id}.md`)
    assert.ok(existsSync(path), path)
    const page = readFileSync(path, 'utf8')
    const made = withParameters(page, service)
    // Written anew by: VIGIE_WRITE_PAGES=1 node dist/test/detect/service_pages.test.js
    if (process.env.VIGIE_WRITE_PAGES !== undefined) writeFileSync(path, made)
    else assert.is(page, made, `${path} is not what the code says`)
    assert.match(page, new RegExp(`^# ${service.id}: `))
  }
})

test.run()
