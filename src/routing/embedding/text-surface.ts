import { embeddedCharacters } from './ngram-hasher.ts'

/** Counts over the end of a text, in UTF-16 code units. */
export interface TextSurface {
  /** Code units read: all others are counts or findings among these. */
  characters: number
  /** Runs of letters and digits; a CJK character is a word. */
  words: number
  wordCharacters: number
  digits: number
  newlines: number
  /** A–Z. */
  upperCase: number
  nonAscii: number
  cjk: number
  mathSymbols: number
  codeSymbols: number
  questionMarks: number
  /** Lines that begin like an option of a multiple-choice question: `A.`, `B)`, `(C)`, `D:`. */
  optionLines: number
  /** A line begins with a code fence or with a keyword that prose hardly begins a line with. */
  codeMarked: boolean
  /** An object with a quoted key begins, or the word JSON is there. */
  jsonMarked: boolean
  /** The first or the last line read begins with a question word. */
  startsWithQuestion: boolean
}

const codeLineStarts = ['```', 'def ', '#include', 'import ', 'function ', 'const ', 'assert ', 'SELECT ', '#!/', '<?']

const questionWords = [
  ...['what', 'which', 'who', 'whom', 'whose', 'when', 'where', 'why', 'how'],
  ...['is', 'are', 'was', 'were', 'do', 'does', 'did', 'can', 'could', 'will', 'would', 'should'],
]

/** What each ASCII character counts as. */
const plain = 0
const space = 1
const lower = 2
const upper = 3
const digit = 4
const mathSymbol = 5
const codeSymbol = 6

const asciiKinds = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code)
  if (code <= 0x20 || code === 0x7f) return space
  if (character >= 'a' && character <= 'z') return lower
  if (character >= 'A' && character <= 'Z') return upper
  if (character >= '0' && character <= '9') return digit
  if ('$\\^'.includes(character)) return mathSymbol
  return '{}[];=<>`_|&'.includes(character) ? codeSymbol : plain
})

/** Reads the last 6,000 code units of any string once. */
export function readTextSurface(text: string): TextSurface {
  const start = Math.max(0, text.length - embeddedCharacters)
  const surface = emptySurface(text.length - start)
  let inWord = false
  let atLineStart = true
  let afterBrace = false
  let firstLineAsks: boolean | undefined
  let lastLineAsks = false
  for (let i = start; i < text.length; i++) {
    const code = text.charCodeAt(i)
    const kind = code < 128 ? asciiKinds[code]! : countNonAscii(surface, code)
    if (kind === space) {
      inWord = false
      if (code !== 0x0a) continue
      surface.newlines++
      atLineStart = true
      continue
    }
    if (atLineStart) {
      atLineStart = false
      lastLineAsks = beginsWithQuestion(text, i)
      firstLineAsks ??= lastLineAsks
      if (beginsOption(text, i)) surface.optionLines++
      surface.codeMarked ||= codeLineStarts.some((lineStart) => text.startsWith(lineStart, i))
    }
    if (code === 0x3f) surface.questionMarks++
    if (afterBrace && code === 0x22) surface.jsonMarked = true
    afterBrace = code === 0x7b
    if (kind === mathSymbol) surface.mathSymbols++
    if (kind === codeSymbol) surface.codeSymbols++
    const wordCharacter = kind === lower || kind === upper || kind === digit
    if (wordCharacter) {
      surface.wordCharacters++
      if (kind === digit) surface.digits++
      if (kind === upper) surface.upperCase++
      if (!inWord) {
        surface.words++
        surface.jsonMarked ||= beginsWithWord(text, i, 'json')
      }
    }
    inWord = wordCharacter && !isCjk(code)
  }
  surface.startsWithQuestion = lastLineAsks || firstLineAsks === true
  return surface
}

function emptySurface(characters: number): TextSurface {
  return {
    characters,
    words: 0,
    wordCharacters: 0,
    digits: 0,
    newlines: 0,
    upperCase: 0,
    nonAscii: 0,
    cjk: 0,
    mathSymbols: 0,
    codeSymbols: 0,
    questionMarks: 0,
    optionLines: 0,
    codeMarked: false,
    jsonMarked: false,
    startsWithQuestion: false,
  }
}

/** @returns how the character takes part in words. */
function countNonAscii(surface: TextSurface, code: number): number {
  surface.nonAscii++
  if (isCjk(code)) surface.cjk++
  if (code === 0xff1f || code === 0x061f) surface.questionMarks++
  if (code === 0xa0 || code === 0x3000 || (code >= 0x2000 && code <= 0x200b)) return space
  if (code >= 0x2200 && code <= 0x22ff) return mathSymbol
  const punctuation = code < 0xc0 || (code >= 0x2010 && code <= 0x206f) || (code >= 0x3001 && code <= 0x303f)
  return punctuation ? plain : lower
}

/** Kana, Han and Hangul of the basic plane, and the surrogates that begin the Han extensions. */
function isCjk(code: number): boolean {
  return (
    (code >= 0x3040 && code <= 0x30ff) ||
    (code >= 0x3400 && code <= 0x9fff) ||
    (code >= 0xac00 && code <= 0xd7af) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xd840 && code <= 0xd88d)
  )
}

function beginsWithQuestion(text: string, at: number): boolean {
  return questionWords.some((word) => beginsWithWord(text, at, word))
}

/** Whether `word` (a–z) stands at `at` in either case, with no further letter after it. */
function beginsWithWord(text: string, at: number, word: string): boolean {
  for (let i = 0; i < word.length; i++) {
    if ((text.charCodeAt(at + i) | 0x20) !== word.charCodeAt(i)) return false
  }
  const after = text.charCodeAt(at + word.length)
  return !(after < 128 && (asciiKinds[after] === lower || asciiKinds[after] === upper))
}

/** One of A–J, alone or after an opening bracket, then a closing bracket, full stop or colon. */
function beginsOption(text: string, at: number): boolean {
  const letterAt = text.charCodeAt(at) === 0x28 ? at + 1 : at
  const letter = text.charCodeAt(letterAt)
  if (!(letter >= 0x41 && letter <= 0x4a)) return false
  const after = text.charCodeAt(letterAt + 1)
  return after === 0x29 || after === 0x2e || after === 0x3a
}
