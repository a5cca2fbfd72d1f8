/** A packet as a capture file holds it, from its link-layer header on. */
export interface CapturedPacket {
  /** LINKTYPE_ number of the tcpdump registry. */
  readonly linkType: number
  /** µs since 1970; 0 where the file tells no time. */
  readonly timeUs: number
  readonly bytes: Buffer
}

/** More than any link carries; a file that says otherwise is damaged. */
export const PACKET_BYTES_MAX = 1 << 20
