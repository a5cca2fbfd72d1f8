import type { Report, ReportSection } from './report.js'
import { cellText, isFigure } from './report_cell.js'

type Language = 'fr' | 'en'
export type ReportRow = Readonly<Record<string, unknown>>

export interface FilledSection {
  readonly section: ReportSection
  readonly rows: readonly ReportRow[]
}

/** What stands above the tables. */
export interface ReportHead {
  /** 2026-10 */
  readonly month: string
  readonly organization: string
  readonly supplier: string
  /** The month is over. */
  readonly isFinal: boolean
  readonly printedAt: string
}

const WORDS = {
  fr: {
    all: 'toutes les organisations',
    final: 'définitif',
    provisional: 'provisoire',
    printed: 'Établi le',
    rules: 'Comment lire ces chiffres',
    none: 'Rien à signaler.',
  },
  en: {
    all: 'all organizations',
    final: 'final',
    provisional: 'provisional',
    printed: 'Made on',
    rules: 'How to read these figures',
    none: 'Nothing to report.',
  },
} as const

/** Letter, landscape; headings of tables come again on every page, rows are not torn. */
const STYLE = `@page { size: letter landscape; margin: 14mm 12mm }
* { box-sizing: border-box }
body { font: 9pt/1.35 "Noto Sans", "Segoe UI", Arial, sans-serif; color: #1a1a1a; margin: 0 auto; max-width: 270mm; padding: 4mm }
h1 { font-size: 17pt; margin: 0 0 1mm }
h2 { font-size: 12pt; margin: 7mm 0 2mm; break-after: avoid }
p { margin: 0 0 2mm; color: #444 }
table { border-collapse: collapse; width: 100% }
thead { display: table-header-group }
tr { break-inside: avoid }
th { text-align: left; font-weight: 600; vertical-align: bottom; border-bottom: 0.5mm solid #1a1a1a; padding: 1mm 1.5mm }
td { border-bottom: 0.2mm solid #ccc; padding: 0.8mm 1.5mm; vertical-align: top }
.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
@media print { body { padding: 0; max-width: none } }`

const inHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

/** The name that a row has the column under: behind AS where it is reckoned in the section. */
export const keyOf = (name: string): string => /\bAS (\w+)$/.exec(name)?.[1] ?? name

function table({ section, rows }: FilledSection, lang: Language): string {
  const heading = `<h2>${inHtml(section.title[lang])}</h2>\n`
  if (rows.length === 0) return `${heading}<p>${WORDS[lang].none}</p>\n`
  const cls = section.columns.map(({ kind }) => (isFigure(kind) ? ' class="n"' : ''))
  const head = section.columns.map((c, i) => `<th scope="col"${cls[i]}>${inHtml(c.title[lang])}</th>`)
  const body = rows.map(
    (row) =>
      `<tr>${section.columns.map((c, i) => `<td${cls[i]}>${inHtml(cellText(row[keyOf(c.name)], c.kind, lang))}</td>`).join('')}</tr>\n`,
  )
  return `${heading}<table>\n<thead><tr>${head.join('')}</tr></thead>\n<tbody>\n${body.join('')}</tbody>\n</table>\n`
}

/** A report as one page of HTML that needs nothing else, made to be printed or saved as PDF. */
export function reportHtml(
  report: Report,
  head: ReportHead,
  filled: readonly FilledSection[],
  lang: Language,
): string {
  const words = WORDS[lang]
  const title = `${report.title[lang]} · ${head.month}`
  const whose = [head.organization === '' ? words.all : head.organization, head.supplier]
    .filter((part) => part !== '')
    .join(' · ')
  const state = head.isFinal ? words.final : words.provisional
  const rules = report.rules.map((rule) => `<p>${inHtml(rule[lang])}</p>`).join('\n')
  return `<!DOCTYPE html>
<html lang="${lang === 'fr' ? 'fr-CA' : 'en-CA'}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${inHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${inHtml(title)}</h1>
<p>${inHtml(whose)} · ${state} · ${words.printed} ${inHtml(head.printedAt)}</p>
${filled.map((section) => table(section, lang)).join('')}<h2>${words.rules}</h2>
${rules}
</body>
</html>
`
}
