import { VIEWER, type ViewerText } from '../../i18n/viewer.js'
import type { Language } from '../../language.js'
import type { PageData } from '../shared/protocol.js'

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escapeHtml = (text: string): string => text.replace(/[&<>"]/g, (c) => ENTITIES[c]!)

/** JSON inside a script element of type application/json: nothing in it may end the element. */
const embed = (data: unknown): string => JSON.stringify(data).replaceAll('<', '\\u003c')

/**
 * The page: all it needs to draw comes with it but rows and the chart library, which is run behind the page's own script, so
 * that the frame is painted before. The block of data is no script, so the
 * content security policy needs no exception for it.
 */
export function pageHtml(data: PageData, modules: readonly string[]): string {
  const { texts } = data
  const preload = modules.map((path) => `<link rel="modulepreload" href="${path}">`).join('\n')
  return `<!doctype html>
<html lang="${data.lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="dark light">
<title>${escapeHtml(data.board.title)} – ${escapeHtml(texts.product!)}</title>
<link rel="icon" href="/assets/vigie.svg">
<link rel="stylesheet" href="/assets/viewer.css">
${preload}
<script src="/assets/theme.js"></script>
<script type="module" src="/assets/browser/main.js"></script>
<script src="${data.chartLibrary}" defer></script>
</head>
<body>
<a class="skip" href="#content">${escapeHtml(texts.skip!)}</a>
<div id="app"></div>
<script type="application/json" id="page-data">${embed(data)}</script>
</body>
</html>
`
}

/** The page with the form to log in; `said` is why the last try failed. */
export function logInHtml(lang: Language, next: string, said?: string): string {
  const text = (key: ViewerText): string => escapeHtml(VIEWER[key][lang])
  return `<!doctype html>
<html lang="${lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${text('log_in')} – ${text('product')}</title>
<link rel="icon" href="/assets/vigie.svg"><link rel="stylesheet" href="/assets/viewer.css">
</head>
<body class="message"><main>
<h1>${text('product')}</h1>
<form method="post" action="/login?lang=${lang}">
<input type="hidden" name="next" value="${escapeHtml(next)}">
<p><label for="name">${text('user_name')}</label> <input id="name" name="name" autocomplete="username" required autofocus></p>
<p><label for="password">${text('password')}</label>
<input id="password" name="password" type="password" autocomplete="current-password" required></p>
${said === undefined ? '' : `<p role="alert">${escapeHtml(said)}</p>\n`}<p><button type="submit">${text('log_in')}</button></p>
</form>
</main></body>
</html>
`
}

/** A page that says one sentence. */
export function messageHtml(lang: string, product: string, message: string): string {
  return `<!doctype html>
<html lang="${lang}">
<head><meta charset="utf-8"><title>${escapeHtml(product)}</title><link rel="stylesheet" href="/assets/viewer.css"></head>
<body class="message"><p>${escapeHtml(message)}</p><p><a href="/?lang=${lang}">${escapeHtml(product)}</a></p></body>
</html>
`
}
