/** The ways in by which a payload of an SD-WAN edge or controller may have come. */
export const EDGE_WAYS = ['http', 'syslog', 'poll', 'snmp', 'nats', 'flow'] as const
export type EdgeWay = (typeof EDGE_WAYS)[number]

/** What the way in knows of where a payload is from. */
export interface EdgeOrigin {
  readonly way: EdgeWay
  /** Id of the configured source: a token's name, a poller's id, a listener's port. */
  readonly source: string
  /** Address of the sender as text, where there is one. */
  readonly address?: string
  /** The controller, where the way in knows it: a poller's host. */
  readonly controller?: string
  /** The device, where the payload does not say it and its way in does. */
  readonly device?: string
  /**
   * The interval that a poller asked for, ms since 1970, its end not included: when and how long, for rows that carry no
   * time of their own.
   */
  readonly fromMs?: number
  readonly toMs?: number
}

/**
 * A payload as it arrived, before anyone interprets it: an HTTP body, a syslog message, a page of a controller's answer.
 * It lies on the stream EDGE under `vigie.edge.<vendor>`, the bytes as the message, the rest in headers.
 */
export interface EdgePayload {
  /** Id of the vendor's adapter, or `auto`. */
  readonly vendor: string
  readonly origin: EdgeOrigin
  /** When its last byte came, ms since 1970. */
  readonly receivedMs: number
  readonly bytes: Uint8Array
}
