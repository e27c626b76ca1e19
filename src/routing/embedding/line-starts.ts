import { embeddedCharacters } from './ngram-hasher.ts'

/** What the lines at the end of a text begin with, after blanks. */
export interface LineStarts {
  /** Lines that begin like an option of a multiple-choice question: `A.`, `B)`, `(C)`, `D:`. */
  readonly optionLines: number
  /** A line begins with a code fence or with a keyword that prose hardly begins a line with. */
  readonly codeMarked: boolean
  /** The first or the last line that is not blank begins with a question word. */
  readonly startsWithQuestion: boolean
}

const codeLineStarts = ['```', 'def ', '#include', 'import ', 'function ', 'const ', 'assert ', 'SELECT ', '#!/', '<?']

const questionWords: ReadonlySet<string> = new Set([
  ...['what', 'which', 'who', 'whom', 'whose', 'when', 'where', 'why', 'how'],
  ...['is', 'are', 'was', 'were', 'do', 'does', 'did', 'can', 'could', 'will', 'would', 'should'],
])
const longestQuestionWord = 6

/** Reads the lines within the last 6,000 code units of any string. Linear in their number. */
export function readLineStarts(text: string): LineStarts {
  let optionLines = 0
  let codeMarked = false
  let firstAsks: boolean | undefined
  let lastAsks = false
  let at = Math.max(0, text.length - embeddedCharacters)
  while (at < text.length) {
    while (isBlank(text.charCodeAt(at))) at++
    if (at >= text.length) break
    if (beginsOption(text, at)) optionLines++
    codeMarked ||= beginsCode(text, at)
    lastAsks = questionWords.has(wordAt(text, at))
    firstAsks ??= lastAsks
    const lineEnd = text.indexOf('\n', at)
    at = lineEnd < 0 ? text.length : lineEnd + 1
  }
  return { optionLines, codeMarked, startsWithQuestion: lastAsks || firstAsks === true }
}

/** Control characters and the space; not a number past the end, which is not blank. */
function isBlank(code: number): boolean {
  return code <= 0x20
}

function beginsCode(text: string, at: number): boolean {
  for (const lineStart of codeLineStarts) if (text.startsWith(lineStart, at)) return true
  return false
}

/** One of A–J, alone or after an opening bracket, then a closing bracket, full stop or colon. */
function beginsOption(text: string, at: number): boolean {
  const letterAt = text.charCodeAt(at) === 0x28 ? at + 1 : at
  const letter = text.charCodeAt(letterAt)
  if (!(letter >= 0x41 && letter <= 0x4a)) return false
  const after = text.charCodeAt(letterAt + 1)
  return after === 0x29 || after === 0x2e || after === 0x3a
}

/** The run of ASCII letters at `at`, lower-cased; empty when longer than any question word. */
function wordAt(text: string, at: number): string {
  let end = at
  while (end - at <= longestQuestionWord && isAsciiLetter(text.charCodeAt(end))) end++
  return end - at > longestQuestionWord ? '' : text.slice(at, end).toLowerCase()
}

function isAsciiLetter(code: number): boolean {
  const lowered = code | 0x20
  return lowered >= 0x61 && lowered <= 0x7a
}
