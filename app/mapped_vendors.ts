import { readFileSync } from 'node:fs'
import type { EdgeVendor } from '../ingest/edge/vendor.js'
import { mappedVendor } from '../ingest/edge/vendors/generic.js'

/** The adapters that mapping files make. @throws Error that names the file */
export function mappedVendors(files: readonly string[]): EdgeVendor[] {
  return files.map((file) => {
    try {
      return mappedVendor(readFileSync(file, 'utf8'))
    } catch (error) {
      throw new Error(`edges.mappings: ${file}: ${(error as Error).message}`, { cause: error })
    }
  })
}
