import type { FlowView } from './flow_view.js'

/** Who began a conversation, as one record tells it. */
export const CLIENT = {
  source: 1,
  destination: 2,
  /** Set beside the others where it is only the lower port that says so. */
  guessed: 4,
} as const

const SYN = 2
const ACK = 16
const TCP = 6

/** Ports above 1023 that servers listen on by convention, and clients hardly ever draw. */
const LISTENING = [
  1194, 1433, 1521, 1701, 1723, 1812, 1813, 1883, 2049, 2222, 2575, 3128, 3268, 3269, 3306, 3389, 3478, 3479,
  3480, 3481, 4500, 5060, 5061, 5222, 5223, 5228, 5353, 5355, 5432, 5671, 5672, 5900, 5984, 5985, 5986, 6379,
  6443, 6514, 6660, 6661, 6662, 6663, 6664, 6665, 6666, 6667, 6668, 6669, 6697, 8000, 8008, 8080, 8081, 8333,
  8443, 8883, 8888, 9000, 9042, 9090, 9092, 9100, 9200, 9300, 9418, 9443, 10_000, 11_112, 11_211, 27_017,
]

/** 1 for a port that somebody who answers has. */
export const SERVICE_PORT = new Uint8Array(65_536).fill(1, 1, 1024)
for (const port of LISTENING) SERVICE_PORT[port] = 1

/**
 * Which end of the record at `row` began: a code of `CLIENT`. A record of both directions is written from the side of who
 * began (RFC 5103, section 6.3); SYN without ACK says it too; else the end whose port is not a service's. Where both are or
 * neither is, the lower port is taken for the service's, which is a guess: clients draw their ports from all that are high.
 */
export function clientOf(view: FlowView, row: number): number {
  if (view.answerPackets[row]! > 0) return CLIENT.source
  if (view.proto[row] === TCP && (view.flags[row]! & (SYN | ACK)) === SYN) return CLIENT.source
  const from = view.srcPort[row]!
  const to = view.dstPort[row]!
  const toService = SERVICE_PORT[to]!
  if (toService !== SERVICE_PORT[from]!) return toService === 1 ? CLIENT.source : CLIENT.destination
  return CLIENT.guessed | (from >= to ? CLIENT.source : CLIENT.destination)
}
