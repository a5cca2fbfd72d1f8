/** What a stream of syslog was cut into. */
export interface FramerHandlers {
  message(bytes: Buffer): void
  /** A message beyond the bound: its beginning. */
  tooLong(beginning: Buffer): void
}

const LF = 10
const NUL = 0
const CR = 13
const SPACE = 32
const ZERO = 48
const NINE = 57
/** More digits count no message that anybody sends. */
const COUNT_DIGITS_MAX = 9

/**
 * Cuts a stream into messages by RFC 6587: octet counting (`57 <34>1 …`) or a trailer (LF, CR LF or NUL). Each message says
 * itself which it is: a count begins with a digit and ends with a blank, a message with `<` or with anything else. Holds at most
 * one message of the bound.
 */
export class SyslogFramer {
  readonly #maxBytes: number
  readonly #handlers: FramerHandlers
  #parts: Buffer[] = []
  #held = 0
  /** Bytes that are missing of a counted message; 0 outside of one. */
  #counted = 0
  /** Bytes of a counted message, or the rest of a line, that are passed over; infinite up to the next trailer. */
  #skip = 0

  constructor(maxBytes: number, handlers: FramerHandlers) {
    this.#maxBytes = maxBytes
    this.#handlers = handlers
  }

  /** Whether a message has begun and is not whole. */
  get partial(): boolean {
    return this.#held > 0 || this.#counted > 0 || this.#skip > 0
  }

  push(chunk: Buffer): void {
    let at = 0
    while (at < chunk.length) {
      if (this.#skip > 0) at = this.#skipOn(chunk, at)
      else if (this.#counted > 0) at = this.#fill(chunk, at)
      else at = this.#begin(chunk, at)
    }
  }

  /** The stream has ended: what has no trailer is a message all the same, unless it was counted. */
  end(): void {
    if (this.#counted > 0 || this.#skip > 0 || this.#held === 0) return
    this.#give(this.#take())
  }

  #skipOn(chunk: Buffer, at: number): number {
    if (this.#skip === Number.POSITIVE_INFINITY) {
      const end = trailerAt(chunk, at)
      if (end < 0) return chunk.length
      this.#skip = 0
      return end + 1
    }
    const passed = Math.min(this.#skip, chunk.length - at)
    this.#skip -= passed
    return at + passed
  }

  #fill(chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + this.#counted)
    this.#hold(chunk.subarray(at, end))
    this.#counted -= end - at
    if (this.#counted === 0) this.#give(this.#take())
    return end
  }

  #begin(chunk: Buffer, at: number): number {
    if (this.#held === 0) {
      const byte = chunk[at]!
      // Trailers between messages.
      if (byte === LF || byte === CR || byte === NUL) return at + 1
    }
    // What is held of a line has shown already that it is none.
    if (this.#held > COUNT_DIGITS_MAX) return this.#line(chunk, at)
    const text = this.#held > 0 ? Buffer.concat([...this.#parts, chunk.subarray(at)]) : chunk.subarray(at)
    const count = countOf(text)
    if (count === 'unknown') {
      this.#hold(chunk.subarray(at))
      return chunk.length
    }
    if (count !== undefined) {
      const consumed = count.digits + 1 - this.#held
      this.#take()
      if (count.bytes > this.#maxBytes) {
        const beginning = chunk.subarray(at + consumed, at + consumed + this.#maxBytes)
        this.#handlers.tooLong(beginning)
        this.#skip = count.bytes
      } else this.#counted = count.bytes
      return at + consumed
    }
    return this.#line(chunk, at)
  }

  #line(chunk: Buffer, at: number): number {
    const end = trailerAt(chunk, at)
    const part = chunk.subarray(at, end < 0 ? chunk.length : end)
    if (this.#held + part.length > this.#maxBytes) {
      this.#hold(part.subarray(0, this.#maxBytes - this.#held))
      this.#handlers.tooLong(this.#take())
      this.#skip = end < 0 ? Number.POSITIVE_INFINITY : 0
      return end < 0 ? chunk.length : end + 1
    }
    this.#hold(part)
    if (end < 0) return chunk.length
    this.#give(this.#take())
    return end + 1
  }

  #hold(part: Buffer): void {
    if (part.length === 0) return
    // A copy: the socket's buffer is used again.
    this.#parts.push(Buffer.from(part))
    this.#held += part.length
    if (this.#parts.length > 64) this.#parts = [Buffer.concat(this.#parts)]
  }

  #take(): Buffer {
    const whole = this.#parts.length === 1 ? this.#parts[0]! : Buffer.concat(this.#parts)
    this.#parts = []
    this.#held = 0
    return whole
  }

  #give(message: Buffer): void {
    let end = message.length
    while (end > 0 && (message[end - 1] === LF || message[end - 1] === CR || message[end - 1] === NUL)) end--
    if (end > 0) this.#handlers.message(message.subarray(0, end))
  }
}

function trailerAt(chunk: Buffer, at: number): number {
  const lf = chunk.indexOf(LF, at)
  const nul = chunk.subarray(at, lf < 0 ? chunk.length : lf).indexOf(NUL)
  return nul < 0 ? lf : at + nul
}

/** The count that a text begins with; undefined where it is none, `unknown` where too little of it is there. */
function countOf(text: Buffer): { bytes: number; digits: number } | 'unknown' | undefined {
  if (text[0] === ZERO) return undefined
  let bytes = 0
  for (let i = 0; i < text.length && i <= COUNT_DIGITS_MAX; i++) {
    const byte = text[i]!
    if (byte === SPACE && i > 0) return bytes === 0 ? undefined : { bytes, digits: i }
    if (byte < ZERO || byte > NINE) return undefined
    bytes = bytes * 10 + (byte - ZERO)
  }
  return text.length <= COUNT_DIGITS_MAX ? 'unknown' : undefined
}
