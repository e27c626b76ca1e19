import { createReadStream } from 'node:fs'
import { basename } from 'node:path'
import { createGunzip } from 'node:zlib'
import { OutcomeDataError } from './outcome-data-error.ts'

/** 64 Mi characters. A longer line is no prompt, but a file without line ends or a decompression bomb. */
const maxLineChars = 2 ** 26

/**
 * The lines of a text file in UTF-8, without their line ends (LF or CRLF); a name ending in `.gz` is unpacked on the
 * way. Holds one chunk and one line at a time. A byte-order mark at the start is dropped.
 *
 * @throws {OutcomeDataError} `bad_gzip` when packed data is damaged or ends early, `unreadable_file` on any other fault.
 */
export async function* readLines(path: string): AsyncGenerator<string> {
  const file = createReadStream(path)
  const text = path.endsWith('.gz') ? file.pipe(createGunzip()) : file
  if (text !== file) file.once('error', (error) => text.destroy(error))
  text.setEncoding('utf8')
  let rest = ''
  let first = true
  try {
    for await (const chunk of text as AsyncIterable<string>) {
      const lines = (rest + (first ? chunk.replace(/^\uFEFF/, '') : chunk)).split('\n')
      first = false
      rest = lines.pop() ?? ''
      if (rest.length > maxLineChars) throw new Error(`a line is longer than ${maxLineChars} characters`)
      for (const line of lines) yield withoutCarriageReturn(line)
    }
  } catch (error) {
    throw readError(path, error)
  } finally {
    file.destroy()
    text.destroy()
  }
  if (rest !== '') yield withoutCarriageReturn(rest)
}

function withoutCarriageReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line
}

function readError(path: string, cause: unknown): OutcomeDataError {
  const code = (cause as NodeJS.ErrnoException).code
  const message = cause instanceof Error ? cause.message : String(cause)
  if (code?.startsWith('Z_') === true) {
    return new OutcomeDataError('bad_gzip', { file: basename(path) }, `cannot be unpacked (${message})`, cause)
  }
  return new OutcomeDataError('unreadable_file', { file: basename(path) }, `cannot be read (${message})`, cause)
}
