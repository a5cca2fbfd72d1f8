import { readConfig } from './config/vigie_config.js'
import { type Diagnosis, examine } from './doctor.js'
import { type CommandIo, type Language, languageOf } from './io.js'

const WORDS = {
  ok: { fr: 'bien', en: 'ok' },
  warning: { fr: 'à voir', en: 'warning' },
  missing: { fr: 'manque', en: 'missing' },
}

function line(diagnosis: Diagnosis, lang: Language): string {
  const head = `${WORDS[diagnosis.verdict][lang].padEnd(8)} ${diagnosis.subject[lang]}: ${diagnosis.found}`
  return diagnosis.verdict === 'ok' || diagnosis.remedy === undefined
    ? head
    : `${head}\n         → ${diagnosis.remedy[lang]}`
}

/** `vigie doctor` */
export async function doctorCommand(args: string[], io: CommandIo): Promise<number> {
  const { config } = readConfig(args, io)
  const lang = languageOf(io.env)
  const diagnoses = await examine({
    dataDir: config.data_dir,
    env: io.env,
    udpPorts: config.collector.ports,
    tcpPorts: [config.nats.port, config.store.port, config.web.port],
  })
  for (const diagnosis of diagnoses) io.stdout.write(`${line(diagnosis, lang)}\n`)
  return diagnoses.some((d) => d.verdict === 'missing') ? 1 : 0
}
