/** A MAC address in any of its usual forms. */
const MAC = /^(?:[0-9a-f]{2}([:-]))(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}$|^(?:[0-9a-f]{4}\.){2}[0-9a-f]{4}$/

/** One text for what payloads call an edge or a link, however it is written: without case, MAC addresses without separators. */
export function identityKey(text: string): string {
  const key = text.trim().toLowerCase()
  return MAC.test(key) ? key.replace(/[^0-9a-f]/g, '') : key
}
