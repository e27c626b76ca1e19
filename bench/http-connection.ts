import { connect, type Socket } from 'node:net'

/** One answer, as it came. */
export interface RawAnswer {
  readonly status: number
  /** Chunked framing included. */
  readonly body: string
  /** From the request to the first byte of the body, ms. */
  readonly firstByteMs: number
  readonly completeMs: number
}

/**
 * One kept-alive connection that sends prepared requests, one at a time. Knows just enough of HTTP/1.1 to find the end
 * of an answer, so that the load costs little beside what it measures.
 */
export class HttpConnection {
  readonly #socket: Socket
  #text = ''
  #bodyAt = -1
  #length = -1
  #sentAtMs = 0
  #firstByteMs = 0
  #resolve: ((answer: RawAnswer) => void) | undefined
  #reject: ((error: Error) => void) | undefined

  constructor(url: string) {
    const { hostname, port } = new URL(url)
    this.#socket = connect({ host: hostname, port: Number(port), noDelay: true })
    this.#socket.on('data', (piece) => this.#receive(piece))
    const fail = (error?: Error) => this.#reject?.(error ?? new Error('The connection was closed'))
    this.#socket.on('error', fail)
    this.#socket.on('close', () => fail())
  }

  send(request: Buffer): Promise<RawAnswer> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
      this.#text = ''
      this.#bodyAt = -1
      this.#sentAtMs = performance.now()
      this.#socket.write(request)
    })
  }

  close(): void {
    this.#reject = undefined
    this.#socket.destroy()
  }

  #receive(piece: Buffer): void {
    this.#text += piece.toString('latin1')
    if (this.#bodyAt < 0) this.#readHead()
    if (this.#bodyAt < 0 || this.#text.length === this.#bodyAt) return
    if (this.#firstByteMs === 0) this.#firstByteMs = performance.now() - this.#sentAtMs
    const whole =
      this.#length >= 0 ? this.#text.length - this.#bodyAt >= this.#length : this.#text.endsWith('\r\n0\r\n\r\n')
    if (!whole) return
    this.#resolve?.({
      status: Number(this.#text.slice(9, 12)),
      body: this.#text.slice(this.#bodyAt),
      firstByteMs: this.#firstByteMs,
      completeMs: performance.now() - this.#sentAtMs,
    })
  }

  #readHead(): void {
    const end = this.#text.indexOf('\r\n\r\n')
    if (end < 0) return
    this.#bodyAt = end + 4
    this.#firstByteMs = 0
    const length = /\r\ncontent-length: *(\d+)/i.exec(this.#text.slice(0, end))?.[1]
    this.#length = length === undefined ? -1 : Number(length)
  }
}
