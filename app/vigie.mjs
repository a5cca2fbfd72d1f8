#!/usr/bin/env node
// The binary: a door to the built program, so that `npx vigie` says what to do when nothing is built yet.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const main = new URL('../dist/app/main.js', import.meta.url)
if (existsSync(fileURLToPath(main))) await import(main.href)
else {
  process.stderr.write("vigie: nothing is built yet: run 'npm run setup' in the project's folder first.\n")
  process.exitCode = 2
}
