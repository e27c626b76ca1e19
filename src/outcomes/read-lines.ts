import { isUtf8 } from 'node:buffer'
import { createReadStream } from 'node:fs'
import { basename } from 'node:path'
import { createGunzip } from 'node:zlib'
import { OutcomeDataError } from './outcome-data-error.ts'

/** 64 MiB. A longer line is no prompt, but a file without line ends or a decompression bomb. */
const maxLineBytes = 2 ** 26

const newline = 0x0a

/**
 * The lines of a text file in UTF-8, without their line ends (LF or CRLF); a name ending in `.gz` is unpacked on the
 * way. Holds one chunk and one line at a time. A byte-order mark at the start is dropped.
 *
 * @throws {OutcomeDataError} `bad_gzip` when packed data is damaged or ends early, `bad_encoding` for a line that is
 *   not UTF-8, `unreadable_file` on any other fault.
 */
export async function* readLines(path: string): AsyncGenerator<string> {
  const file = createReadStream(path)
  const bytes = path.endsWith('.gz') ? file.pipe(createGunzip()) : file
  if (bytes !== file) file.once('error', (error) => bytes.destroy(error))
  const splitter = new LineSplitter(basename(path))
  try {
    for await (const chunk of bytes as AsyncIterable<Buffer>) yield* splitter.lines(chunk)
    yield* splitter.rest()
  } catch (error) {
    throw readError(path, error)
  } finally {
    file.destroy()
    bytes.destroy()
  }
}

/** Cuts bytes into lines before they are decoded: a newline byte is part of no other character in UTF-8. */
class LineSplitter {
  readonly #file: string
  /** Lines given out. */
  #line = 0
  /** What has come of the next line. */
  #pending: Buffer[] = []
  #pendingBytes = 0

  constructor(file: string) {
    this.#file = file
  }

  *lines(chunk: Buffer): Generator<string> {
    let start = 0
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      this.#add(chunk.subarray(start, end))
      yield this.#take()
      start = end + 1
    }
    this.#add(chunk.subarray(start))
  }

  /** The last line, where the file does not end with a line end. */
  *rest(): Generator<string> {
    if (this.#pendingBytes > 0) yield this.#take()
  }

  #add(part: Buffer): void {
    this.#pending.push(part)
    this.#pendingBytes += part.length
    if (this.#pendingBytes > maxLineBytes) this.#fail('unreadable_file', `is longer than ${maxLineBytes} bytes`)
  }

  #take(): string {
    const bytes = this.#pending.length === 1 ? this.#pending[0]! : Buffer.concat(this.#pending)
    if (!isUtf8(bytes)) this.#fail('bad_encoding', 'is not valid UTF-8')
    this.#pending = []
    this.#pendingBytes = 0
    this.#line++
    const text = bytes.toString('utf8')
    const line = this.#line === 1 ? text.replace(/^\uFEFF/, '') : text
    return line.endsWith('\r') ? line.slice(0, -1) : line
  }

  #fail(code: 'unreadable_file' | 'bad_encoding', problem: string): never {
    throw new OutcomeDataError(code, { file: this.#file, line: this.#line + 1 }, problem)
  }
}

function readError(path: string, cause: unknown): OutcomeDataError {
  if (cause instanceof OutcomeDataError) return cause
  const code = (cause as NodeJS.ErrnoException).code
  const message = cause instanceof Error ? cause.message : String(cause)
  if (code?.startsWith('Z_') === true) {
    return new OutcomeDataError('bad_gzip', { file: basename(path) }, `cannot be unpacked (${message})`, cause)
  }
  return new OutcomeDataError('unreadable_file', { file: basename(path) }, `cannot be read (${message})`, cause)
}
