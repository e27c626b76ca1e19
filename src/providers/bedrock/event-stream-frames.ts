import { crc32 } from 'node:zlib'
import { EventStreamCodec } from '@smithy/core/event-streams'
import type { UpstreamErrors } from '../http/upstream-errors.ts'
import { ProviderError } from '../provider-error.ts'

/** One message of AWS's event stream encoding. */
export interface Frame {
  /** Those of text, by name: `:message-type`, `:event-type`, `:exception-type` and the like. */
  readonly headers: { readonly [name: string]: string }
  readonly payload: string
}

/** Lengths of the message and of its headers, and their checksum. */
const preludeBytes = 12
/** A message has its prelude and a checksum at least. */
const minFrameBytes = 16
/** AWS's own limits: 16 MiB of payload and 128 KiB of headers. */
const maxFrameBytes = 16 * 1024 * 1024 + 128 * 1024 + minFrameBytes

const codec = new EventStreamCodec(
  (bytes) => Buffer.from(bytes as Uint8Array).toString('utf8'),
  (text) => Buffer.from(text, 'utf8'),
)

/**
 * Cuts a byte stream into its frames; the same ones however the bytes are cut. Checksums are verified by AWS's own codec, and
 * that of the lengths here too, as soon as they are there: a length that is wrong would be waited for without end.
 *
 * @throws {ProviderError} `upstream_invalid_response` for bytes that are no such stream, `upstream_cut` for an end inside a frame.
 */
export async function* framesOf(
  bytes: AsyncIterable<Uint8Array>,
  errors: UpstreamErrors,
): AsyncGenerator<Frame, void, undefined> {
  const waiting = new WaitingBytes()
  for await (const piece of bytes) {
    waiting.add(piece)
    let prelude = waiting.peek(preludeBytes)
    while (prelude !== undefined) {
      const frame = waiting.take(frameLength(prelude, errors))
      if (frame === undefined) break
      yield decoded(frame, errors)
      prelude = waiting.peek(preludeBytes)
    }
  }
  if (waiting.length > 0) throw new ProviderError('upstream_cut', 'The stream broke off inside an event')
}

/** Bytes not read yet. Pieces are joined only when a frame needs them, so that tiny ones cost no more than their sum. */
class WaitingBytes {
  #pieces: Uint8Array[] = []
  length = 0

  add(piece: Uint8Array): void {
    if (piece.byteLength === 0) return
    this.#pieces.push(piece)
    this.length += piece.byteLength
  }

  /** Undefined: there are fewer. */
  peek(count: number): Uint8Array | undefined {
    if (this.length < count) return undefined
    if (this.#pieces[0]!.byteLength < count) this.#pieces = [Buffer.concat(this.#pieces)]
    return this.#pieces[0]!.subarray(0, count)
  }

  take(count: number): Uint8Array | undefined {
    const taken = this.peek(count)
    if (taken === undefined) return undefined
    const rest = this.#pieces[0]!.subarray(count)
    if (rest.byteLength > 0) this.#pieces[0] = rest
    else this.#pieces.shift()
    this.length -= count
    return taken
  }
}

function frameLength(prelude: Uint8Array, errors: UpstreamErrors): number {
  const view = new DataView(prelude.buffer, prelude.byteOffset, prelude.byteLength)
  const length = view.getUint32(0)
  const plausible = length >= minFrameBytes && length <= maxFrameBytes
  if (!plausible || crc32(prelude.subarray(0, 8)) !== view.getUint32(8)) {
    throw errors.invalid('The stream is not in AWS’s event stream encoding')
  }
  return length
}

function decoded(frame: Uint8Array, errors: UpstreamErrors): Frame {
  try {
    const { headers, body } = codec.decode(frame)
    const texts = Object.entries(headers).flatMap(([name, { type, value }]) =>
      type === 'string' ? [[name, value]] : [],
    )
    return { headers: Object.fromEntries(texts) as Frame['headers'], payload: Buffer.from(body).toString('utf8') }
  } catch (cause) {
    throw errors.invalid('The stream holds a damaged event', cause)
  }
}
