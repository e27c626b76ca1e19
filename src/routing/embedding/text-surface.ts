import { embeddedCharacters } from './ngram-hasher.ts'

/** Counts over the end of a text, in UTF-16 code units. */
export interface TextSurface {
  /** Code units read: all others are counts or findings among these. */
  readonly characters: number
  /** Runs of letters and digits; a CJK character is a word. */
  readonly words: number
  readonly wordCharacters: number
  readonly digits: number
  readonly newlines: number
  /** A–Z. */
  readonly upperCase: number
  readonly nonAscii: number
  readonly cjk: number
  /** Dollar, backslash, caret and the block of mathematical operators. */
  readonly mathSymbols: number
  readonly codeSymbols: number
  readonly questionMarks: number
  /** An object with a quoted key begins, or the word JSON is there. */
  readonly jsonMarked: boolean
}

/** What a code unit counts as. The order matters: word characters lie from `lower` to `cjk`, non-ASCII ones from `cjk` on. */
const space = 0
const newline = 1
const mark = 2
const mathSymbol = 3
const codeSymbol = 4
const questionMark = 5
const lower = 6
const upper = 7
const digit = 8
const cjk = 9
const foreignLetter = 10
const foreignSpace = 11
const foreignMark = 12
const foreignMath = 13
const foreignQuestionMark = 14
const kindCount = 15

const asciiKinds = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code)
  if (character === '\n') return newline
  if (code <= 0x20 || code === 0x7f) return space
  if (character >= 'a' && character <= 'z') return lower
  if (character >= 'A' && character <= 'Z') return upper
  if (character >= '0' && character <= '9') return digit
  if (character === '?') return questionMark
  if ('$\\^'.includes(character)) return mathSymbol
  return '{}[];=<>`_|&'.includes(character) ? codeSymbol : mark
})

/** Reads the last 6,000 code units of any string once. */
export function readTextSurface(text: string): TextSurface {
  const start = Math.max(0, text.length - embeddedCharacters)
  const counts = new Uint16Array(kindCount)
  let words = 0
  let inWord = false
  let jsonMarked = false
  let lastSolid = 0
  for (let i = start; i < text.length; i++) {
    const code = text.charCodeAt(i)
    const kind = code < 128 ? asciiKinds[code]! : kindOfNonAscii(code)
    counts[kind]!++
    if (kind >= lower && kind <= foreignLetter) {
      if (!inWord) {
        words++
        if ((code | 0x20) === 0x6a && isJsonWord(text, i)) jsonMarked = true
      }
      inWord = kind !== cjk
    } else {
      inWord = false
    }
    if (kind <= newline) continue
    if (code === 0x22 && lastSolid === 0x7b) jsonMarked = true
    lastSolid = code
  }
  return surfaceOf(text.length - start, words, counts, jsonMarked)
}

function surfaceOf(characters: number, words: number, counts: Uint16Array, jsonMarked: boolean): TextSurface {
  const sum = (first: number, last: number): number => {
    let total = 0
    for (let kind = first; kind <= last; kind++) total += counts[kind]!
    return total
  }
  return {
    characters,
    words,
    wordCharacters: sum(lower, foreignLetter),
    digits: counts[digit]!,
    newlines: counts[newline]!,
    upperCase: counts[upper]!,
    nonAscii: sum(cjk, foreignQuestionMark),
    cjk: counts[cjk]!,
    mathSymbols: counts[mathSymbol]! + counts[foreignMath]!,
    codeSymbols: counts[codeSymbol]!,
    questionMarks: counts[questionMark]! + counts[foreignQuestionMark]!,
    jsonMarked,
  }
}

function kindOfNonAscii(code: number): number {
  if (isCjk(code)) return cjk
  if (code === 0xff1f || code === 0x061f) return foreignQuestionMark
  if (code === 0xa0 || code === 0x3000 || (code >= 0x2000 && code <= 0x200b)) return foreignSpace
  if (code >= 0x2200 && code <= 0x22ff) return foreignMath
  const punctuation = code < 0xc0 || (code >= 0x2010 && code <= 0x206f) || (code >= 0x3001 && code <= 0x303f)
  return punctuation ? foreignMark : foreignLetter
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

/** Whether the word that begins at `at` with a j is `json`, in either case. */
function isJsonWord(text: string, at: number): boolean {
  if ((text.charCodeAt(at + 1) | 0x20) !== 0x73) return false
  if ((text.charCodeAt(at + 2) | 0x20) !== 0x6f || (text.charCodeAt(at + 3) | 0x20) !== 0x6e) return false
  const after = text.charCodeAt(at + 4)
  return !(after < 128 && asciiKinds[after]! >= lower)
}
