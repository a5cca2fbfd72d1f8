/**
 * What the exporters' sequence numbers say was lost on the way to us.
 *
 * A sequence number counts units modulo 2^32: records for NetFlow v5 and IPFIX, datagrams for v9 and sFlow. A unit that
 * is missing is counted as lost only when 64 more datagrams of its stream have come without it, so that datagrams which
 * overtake each other are not loss. A leap in the numbers is believed only when the next datagram goes on from it, as
 * RFC 3550 appendix A.1 does for RTP: one spoofed datagram costs nothing.
 */

/** What a stream has seen so far; goes up only. */
export interface LossCounts {
  /** Units missing for good. */
  lost: number
  /** Datagrams that came after a later one and filled their gap. */
  reordered: number
  /** Datagrams whose number had been seen already. */
  duplicates: number
  /** Restarts of the exporter: its up time fell or its numbers began anew. */
  restarts: number
}

/** Datagrams that may overtake one before it is lost. */
export const REORDER_WINDOW_DATAGRAMS = 64
/** Gaps open at one time; one more closes the oldest as lost. A datagram opens one at most, so the window bounds them. */
const OPEN_GAPS_MAX = REORDER_WINDOW_DATAGRAMS + 1
/** A greater step is not believed until the next datagram goes on from it. */
const LEAP_UNITS = 65536
/** Up time that falls by less is a datagram that was overtaken, not a restart. */
const UP_TIME_SLACK_MS = 10_000
/**
 * How an exporter counts. `own`: the number of the first unit, as the protocols say. `other`: v9 by records, IPFIX by
 * datagrams. `inclusive`: the number of the last unit, as softflowd's IPFIX does.
 */
const RULES = { own: 0, other: 1, inclusive: 2 } as const
/** So often must another rule have held where the one believed did not, and never the other way round. */
const RULE_EVIDENCE = 6
const UP_TIME_WRAP_MS = 2 ** 32
const UP_TIME_WRAP_NEAR_MS = 600_000

/** The sequence of one exporter, observation domain and protocol. */
export class SequenceStream implements LossCounts {
  lost = 0
  reordered = 0
  duplicates = 0
  restarts = 0
  /** Number of the datagram, in the exporter's own count, when this stream was last heard; for eviction. */
  lastHeard = 0

  readonly protocol: number
  readonly domain: number
  readonly agent: number
  #started = false
  /** The number after the last unit that we have. */
  #next = 0
  /** The last datagram's own number, and whether we do not know how many units it held. */
  #last = 0
  #floating = false
  #upTimeMs = -1
  #arrivals = 0
  /** Numbers from here on may still be late or double; what lies before is a restart. Moves every 64 datagrams. */
  #windowStart = 0
  #windowNext = 0
  /** The number that would confirm a leap; -1 when none is pending. */
  #leapNext = -1
  #leapStart = 0
  #rule: number = RULES.own
  /** Evidence for each rule since the last against it. */
  readonly #evidence = [0, 0, 0]
  #lastUnits = 0
  #lastOther = 0
  #gaps: { start: number; length: number; until: number }[] = []

  constructor(protocol: number, domain: number, agent: number) {
    this.protocol = protocol
    this.domain = domain
    this.agent = agent
  }

  /** Units that are missing but may still come. */
  get open(): number {
    let units = 0
    for (const gap of this.#gaps) units += gap.length
    return units
  }

  /**
   * One datagram of the stream.
   *
   * @param sequence its number, 0 to 2^32 - 1
   * @param units by how much the number moves to the next datagram; -1 when unknown (variable-length IPFIX)
   * @param otherUnits the step if the exporter counts the other way; -1 when there is none
   * @param upTimeMs the header's up time; -1 where the protocol has none
   * @returns units that this datagram showed to be lost for good
   */
  arrive(sequence: number, units: number, otherUnits: number, upTimeMs: number): number {
    const before = this.lost
    this.#arrivals++
    if (this.#gaps.length > 0) this.#closeGaps()
    const changed = this.#started && this.#weighRules(sequence, units, otherUnits)
    const step = this.#rule === RULES.other ? otherUnits : units
    const start = this.#rule === RULES.inclusive && units > 0 ? (sequence - units) >>> 0 : sequence
    const delta = (start - this.#next) | 0
    if (!this.#started || changed) this.#begin(start, step)
    else if (delta === 0) this.#advance(start, step)
    else if (this.#upTimeFell(upTimeMs)) this.#restart(start, step)
    else this.#discontinuity(start, delta, step)
    if (upTimeMs >= 0) this.#upTimeMs = upTimeMs
    this.#last = sequence
    this.#lastUnits = units
    this.#lastOther = otherUnits
    if (this.#arrivals % REORDER_WINDOW_DATAGRAMS === 0) {
      this.#windowStart = this.#windowNext
      this.#windowNext = this.#next
    }
    return this.lost - before
  }

  /** True when another rule has shown to be the exporter's: gaps that the old one saw were none. */
  #weighRules(sequence: number, units: number, otherUnits: number): boolean {
    if (units < 0 || otherUnits < 0 || this.#lastUnits < 0) return false
    const step = (sequence - this.#last) >>> 0
    const held = this.#ruleHolds(this.#rule, step, units)
    for (let rule = 0; rule < this.#evidence.length; rule++) {
      if (this.#ruleHolds(rule, step, units) === held) continue
      if (held) this.#evidence[rule] = 0
      else if (++this.#evidence[rule]! === RULE_EVIDENCE) {
        this.#rule = rule
        this.#evidence.fill(0)
        this.#gaps.length = 0
        return true
      }
    }
    return false
  }

  /** @param step from the last datagram's number to this one's */
  #ruleHolds(rule: number, step: number, units: number): boolean {
    if (rule === RULES.own) return step === this.#lastUnits
    return step === (rule === RULES.other ? this.#lastOther : units)
  }

  #begin(sequence: number, step: number): void {
    this.#started = true
    this.#windowStart = sequence
    this.#windowNext = sequence
    this.#advance(sequence, step)
  }

  #advance(sequence: number, step: number): void {
    this.#next = (sequence + Math.max(step, 0)) >>> 0
    this.#floating = step < 0
    this.#leapNext = -1
  }

  #upTimeFell(upTimeMs: number): boolean {
    const fall = this.#upTimeMs - upTimeMs
    if (upTimeMs < 0 || this.#upTimeMs < 0 || fall <= UP_TIME_SLACK_MS) return false
    // After 49.7 days the counter itself begins anew.
    return this.#upTimeMs < UP_TIME_WRAP_MS - UP_TIME_WRAP_NEAR_MS || upTimeMs > UP_TIME_WRAP_NEAR_MS
  }

  #restart(sequence: number, step: number): void {
    this.restarts++
    this.#loseOpenGaps()
    this.#begin(sequence, step)
  }

  #discontinuity(sequence: number, delta: number, step: number): void {
    if (this.#floating && delta > 0) {
      // How far the last datagram went was unknown: the step can neither be loss nor be cleared of it.
      this.#advance(sequence, step)
    } else if (delta > 0 && delta <= LEAP_UNITS) {
      this.#openGap(this.#next, delta)
      this.#advance(sequence, step)
    } else if (delta < 0 && step + delta > 0) {
      // It begins before where we were and ends behind: it is new, but not all records were counted (options data).
      this.#advance(sequence, step)
    } else if (delta < 0 && this.#fillGap(sequence, step)) this.reordered++
    else if (delta < 0 && ((sequence - this.#windowStart) | 0) >= 0) this.duplicates++
    else if (sequence === this.#leapNext) this.#confirmLeap(sequence, step)
    else {
      this.#leapStart = sequence
      this.#leapNext = step < 0 ? -1 : (sequence + step) >>> 0
    }
  }

  /**
   * Two datagrams in a row stand far from where we were. Forward with an up time that went on is loss; forward without
   * one is loss unless the numbers are small, as after a restart; backward is a restart.
   */
  #confirmLeap(sequence: number, step: number): void {
    const delta = (this.#leapStart - this.#next) | 0
    const restarted = delta < 0 || (this.#upTimeMs < 0 && this.#leapStart < LEAP_UNITS)
    if (restarted) this.#restart(sequence, step)
    else {
      this.#loseOpenGaps()
      this.lost += delta
      this.#begin(sequence, step)
    }
  }

  #openGap(start: number, length: number): void {
    if (this.#gaps.length === OPEN_GAPS_MAX) this.lost += this.#gaps.shift()!.length
    this.#gaps.push({ start, length, until: this.#arrivals + REORDER_WINDOW_DATAGRAMS })
  }

  #closeGaps(): void {
    while (this.#gaps.length > 0 && this.#gaps[0]!.until < this.#arrivals) {
      this.lost += this.#gaps.shift()!.length
    }
  }

  #loseOpenGaps(): void {
    for (const gap of this.#gaps) this.lost += gap.length
    this.#gaps.length = 0
  }

  /** Takes the late datagram's units out of the gap that holds them. False when no gap does. */
  #fillGap(sequence: number, step: number): boolean {
    const length = Math.max(step, 0)
    for (let i = 0; i < this.#gaps.length; i++) {
      const gap = this.#gaps[i]!
      const offset = (sequence - gap.start) | 0
      if (offset < 0 || offset >= gap.length) continue
      const after = gap.length - offset - length
      const rest = { start: (sequence + length) >>> 0, length: after, until: gap.until }
      gap.length = offset
      if (after > 0) this.#gaps.splice(i + 1, 0, rest)
      if (offset === 0) this.#gaps.splice(i, 1)
      return true
    }
    return false
  }
}
