import { OutcomeDataError } from './outcome-data-error.ts'

/** One record of a CSV file: the line it starts on (from 1) and its fields. */
export interface CsvRecord {
  readonly line: number
  readonly fields: readonly string[]
}

/**
 * Splits lines into records (RFC 4180): fields may be quoted, a doubled quote stands for one, a quoted field may hold
 * commas and line ends. Blank lines are passed over.
 *
 * @param file named in errors.
 * @throws {OutcomeDataError} `bad_csv` on a quote that is never closed or that stands inside a field.
 */
export async function* csvRecords(
  lines: AsyncIterable<string> | Iterable<string>,
  file: string,
): AsyncGenerator<CsvRecord> {
  let number = 0
  let start = 0
  let pending: string[] | undefined
  let isOpen = false
  for await (const line of lines) {
    number++
    if (pending === undefined) {
      if (line === '') continue
      start = number
      if (!line.includes('"')) {
        yield { line: start, fields: line.split(',') }
        continue
      }
    }
    pending ??= []
    pending.push(line)
    // Of this line alone: of all that is pending, a quote that is never closed would take time that grows with the square.
    if (hasOddQuotes(line)) isOpen = !isOpen
    if (isOpen) continue
    yield { line: start, fields: splitQuoted(pending.join('\n'), file, start) }
    pending = undefined
  }
  if (pending !== undefined) throw new OutcomeDataError('bad_csv', { file, line: start }, 'a quote is never closed')
}

function hasOddQuotes(text: string): boolean {
  let quotes = 0
  for (let at = text.indexOf('"'); at !== -1; at = text.indexOf('"', at + 1)) quotes++
  return quotes % 2 === 1
}

function splitQuoted(text: string, file: string, line: number): string[] {
  const fields: string[] = []
  let at = 0
  for (;;) {
    if (text[at] === '"') {
      const end = closingQuote(text, at + 1)
      fields.push(text.slice(at + 1, end).replaceAll('""', '"'))
      at = end + 1
    } else {
      const comma = text.indexOf(',', at)
      const field = text.slice(at, comma === -1 ? text.length : comma)
      if (field.includes('"')) {
        throw new OutcomeDataError('bad_csv', { file, line }, 'a quote stands inside an unquoted field')
      }
      fields.push(field)
      at += field.length
    }
    if (at >= text.length) return fields
    if (text[at] !== ',') throw new OutcomeDataError('bad_csv', { file, line }, 'text follows a closing quote')
    at++
  }
}

/** The number of quotes is even, so that every opening quote has its end. */
function closingQuote(text: string, from: number): number {
  let at = text.indexOf('"', from)
  while (text[at + 1] === '"') at = text.indexOf('"', at + 2)
  return at
}
