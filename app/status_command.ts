import { parseArgs } from 'node:util'
import { storeReader } from './ask_store.js'
import { readConfig } from './config/vigie_config.js'
import { withBus } from './connect_bus.js'
import { drawBalance } from './conservation.js'
import { conservationText } from './conservation_text.js'
import { type CommandIo, languageOf } from './io.js'

/** `vigie status` */
export async function statusCommand(args: string[], io: CommandIo): Promise<number> {
  const { values } = parseArgs({
    args,
    options: { json: { type: 'boolean', default: false }, config: { type: 'string' } },
  })
  const { config } = readConfig(args, io)
  const store = storeReader(config.clickhouse_url)
  try {
    const balance = await withBus(config.bus, 'vigie status', (bus) =>
      drawBalance(bus, store, config.source.durable, Date.now()),
    )
    io.stdout.write(
      values.json
        ? `${JSON.stringify(balance, undefined, 2)}\n`
        : conservationText(balance, languageOf(io.env)),
    )
    return balance.balanced ? 0 : 1
  } finally {
    await store.close()
  }
}
