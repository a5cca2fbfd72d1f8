/** Who sent a message, as its header says. */
export interface SyslogSender {
  readonly host?: string
  readonly app?: string
}

/** `<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 …` (RFC 5424 section 6). */
const RFC5424 = /^<\d{1,3}>1 \S+ (\S{1,255}) (\S{1,48}) /
/** `<34>Oct 11 22:14:15 mymachine su: …` (RFC 3164 section 4.1); many write a year or an ISO time. */
const RFC3164 =
  /^(?:<\d{1,3}>)?(?:\w{3} [ \d]\d(?: \d{4})? \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\S+) ([^\s:=]{1,255}) ([^\s:=[]{1,48})(?:[:[])/

const told = (text: string | undefined): string | undefined =>
  text === undefined || text === '-' || text === '' ? undefined : text

/** What the header tells; nothing where there is none (FortiGate writes `<189>date=… devname=…`). */
export function senderOf(message: Buffer): SyslogSender {
  const head = message.subarray(0, 512).toString('latin1')
  const match = RFC5424.exec(head) ?? RFC3164.exec(head)
  const [host, app] = [told(match?.[1]), told(match?.[2])]
  return { ...(host !== undefined && { host }), ...(app !== undefined && { app }) }
}
