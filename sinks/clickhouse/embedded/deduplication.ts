import { appendFile, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * MergeTree notes an insert's token in its deduplication log, then makes the part visible by a rename. A process that is
 * killed between the two leaves a token without its part, and the same rows under the same token would be taken for a
 * duplicate and dropped. Both happen under one lock, so only the newest entry of a table can be such: before the engine
 * opens, the newest entry is taken back where no part holds its block.
 *
 * ```
 * store/<3 digits>/<uuid>/deduplication_logs/deduplication_log_<n>.txt
 *   1 <tab> 20261121_17_17_0 <tab> <block id>      1 added, 2 dropped; partition _ first block _ last block _ level
 * store/<3 digits>/<uuid>/20261121_5_17_1/         a part holds blocks 5 to 17
 * ```
 */
export async function mendDeduplication(dataDir: string): Promise<string[]> {
  const mended: string[] = []
  for (const table of await tableFolders(dataDir)) {
    const log = await newestLog(table)
    if (log === undefined) continue
    const newest = await newestEntry(log)
    if (newest?.operation !== ADDED || (await holdsBlock(table, newest.part))) continue
    await appendFile(log, `${DROPPED}\t${newest.part}\t${newest.blockId}\n`)
    mended.push(newest.part)
  }
  return mended
}

const ADDED = '1'
const DROPPED = '2'

async function tableFolders(dataDir: string): Promise<string[]> {
  const store = join(dataDir, 'store')
  const groups = await entries(store)
  const folders = await Promise.all(
    groups.map(async (group) => (await entries(join(store, group))).map((uuid) => join(store, group, uuid))),
  )
  return folders.flat()
}

/** Path of the log with the highest number; undefined for a table that keeps none. */
async function newestLog(table: string): Promise<string | undefined> {
  const folder = join(table, 'deduplication_logs')
  const numbers = (await entries(folder)).flatMap((name) => {
    const number = /^deduplication_log_(\d+)\.txt$/.exec(name)?.[1]
    return number === undefined ? [] : [Number(number)]
  })
  // A log is begun before it has entries: the one before holds the newest then.
  for (const number of numbers.sort((a, b) => b - a)) {
    const path = join(folder, `deduplication_log_${number}.txt`)
    if ((await readFile(path)).length > 0) return path
  }
  return undefined
}

async function newestEntry(
  log: string,
): Promise<{ operation: string; part: string; blockId: string } | undefined> {
  const newest = (await readFile(log, 'utf8')).trimEnd().split('\n').at(-1)!
  const [operation, part, blockId] = newest.split('\t')
  if (operation === undefined || part === undefined || blockId === undefined) return undefined
  return { operation, part, blockId }
}

async function holdsBlock(table: string, part: string): Promise<boolean> {
  const wanted = blocksOf(part)
  if (wanted === undefined) return true
  return (await entries(table)).some((name) => {
    const blocks = blocksOf(name)
    return (
      blocks !== undefined &&
      blocks.partition === wanted.partition &&
      blocks.first <= wanted.first &&
      blocks.last >= wanted.last
    )
  })
}

/** `tmp_insert_…` and the like are no parts. */
function blocksOf(name: string): { partition: string; first: number; last: number } | undefined {
  const found = /^([0-9a-zA-Z]+)_(\d+)_(\d+)_\d+(?:_\d+)?$/.exec(name)
  if (found === null) return undefined
  return { partition: found[1]!, first: Number(found[2]), last: Number(found[3]) }
}

async function entries(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return []
    throw error
  }
}
