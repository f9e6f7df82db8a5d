/** Output of any length in bounded memory: its beginning, its end, and how much is missing between. */

/** Keeps at most `bytesMax` bytes (and a chunk): half from the beginning, half from the end. */
export class OutputWindow {
  readonly #headBytesMax: number
  readonly #tailBytesMax: number
  readonly #head: Buffer[] = []
  readonly #tail: Buffer[] = []
  #headBytes = 0
  #tailBytes = 0
  #bytes = 0

  constructor(bytesMax: number) {
    this.#headBytesMax = Math.ceil(bytesMax / 2)
    this.#tailBytesMax = Math.floor(bytesMax / 2)
  }

  /** All bytes that came. */
  get bytes(): number {
    return this.#bytes
  }

  /** Bytes that are not kept. */
  get bytesCut(): number {
    return Math.max(0, this.#bytes - this.#headBytesMax - this.#tailBytesMax)
  }

  push(chunk: Buffer): void {
    this.#bytes += chunk.length
    const toHead = Math.min(chunk.length, this.#headBytesMax - this.#headBytes)
    if (toHead > 0) {
      this.#head.push(chunk.subarray(0, toHead))
      this.#headBytes += toHead
    }
    if (toHead === chunk.length) return
    this.#tail.push(chunk.subarray(toHead))
    this.#tailBytes += chunk.length - toHead
    for (
      let first = this.#tail[0];
      first !== undefined && this.#tailBytes - first.length >= this.#tailBytesMax;
      first = this.#tail[0]
    ) {
      this.#tail.shift()
      this.#tailBytes -= first.length
    }
  }

  /** What is kept as text, with a line that says what is missing. */
  text(): string {
    const head = Buffer.concat(this.#head)
    const tail = Buffer.concat(this.#tail)
    if (this.bytesCut === 0) return decode(Buffer.concat([head, tail]))
    const kept = tail.subarray(Math.max(0, tail.length - this.#tailBytesMax))
    return `${decodeStart(head)}\n[… ${this.bytesCut} bytes cut …]\n${decode(kept.subarray(partialCharacter(kept)))}`
  }
}

function decode(bytes: Buffer): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
}

/** Without the character that the cut went through. */
function decodeStart(bytes: Buffer): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes, { stream: true })
}

/** Length of what is left of a character at the beginning. */
function partialCharacter(bytes: Buffer): number {
  let length = 0
  while (length < 3 && ((bytes[length] ?? 0) & 0xc0) === 0x80) length++
  return length
}
