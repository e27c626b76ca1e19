/** The question stands at the end of a prompt, so the end is what is read. */
export const embeddedCharacters = 6000

/** Buckets per block. */
export const bucketsPerBlock = 1 << 16

/** The first block holds words, the second in-word character 3-grams. */
export const ngramBlocks = 2

/** Changes with anything that could put a feature into another bucket; part of every embedder id. */
export const ngramHashVersion = 1

/** What a UTF-16 code unit does to the words around it. */
const unseenKind = 0
const spaceKind = 1
const markKind = 2
const letterKind = 3
/** Han, kana and surrogates: scripts without spaces, and emoji. Each is a word of its own. */
const soloKind = 4

const boundary = 0x20
const fnvOffset = 0x811c9dc5
const fnvPrime = 0x01000193

/**
 * Turns text into hashed features, into buffers it owns: words (runs of letters, digits and marks) and character
 * 3-grams of whitespace-separated tokens, punctuation included, with a boundary mark at both ends. Letters are
 * lower-cased one code unit at a time. Any string is accepted: lone surrogates, NUL and control characters too.
 */
export class NgramHasher {
  /** Buckets in the order of the text, repeats included; valid up to `wordCount`, until the next call. */
  readonly words = new Uint16Array(embeddedCharacters)
  readonly trigrams = new Uint16Array(embeddedCharacters)
  #wordCount = 0
  #trigramCount = 0
  /** kind << 16 | lower-case code unit, filled as code units turn up. */
  readonly #codeUnits = new Int32Array(1 << 16)

  get wordCount(): number {
    return this.#wordCount
  }

  get trigramCount(): number {
    return this.#trigramCount
  }

  /** Reads the last {@link embeddedCharacters} code units. O(their number), no allocation. */
  hash(text: string): void {
    const { words, trigrams } = this
    const codeUnits = this.#codeUnits
    let wordCount = 0
    let trigramCount = 0
    let word = fnvOffset
    let beforeLast = boundary
    let last = boundary
    for (let i = Math.max(0, text.length - embeddedCharacters); i < text.length; i++) {
      const codeUnit = text.charCodeAt(i)
      let entry = codeUnits[codeUnit]!
      if (entry === unseenKind) entry = this.#classify(codeUnit)
      const kind = entry >> 16
      const folded = entry & 0xffff
      if (kind === letterKind) {
        word = Math.imul(word ^ folded, fnvPrime)
      } else if (word !== fnvOffset) {
        words[wordCount++] = mix(word)
        word = fnvOffset
      }
      if (kind === soloKind) words[wordCount++] = mix(Math.imul(fnvOffset ^ folded, fnvPrime))
      const next = kind === spaceKind ? boundary : folded
      if (last !== boundary) trigrams[trigramCount++] = trigramBucket(beforeLast, last, next)
      beforeLast = last
      last = next
    }
    if (word !== fnvOffset) words[wordCount++] = mix(word)
    if (last !== boundary) trigrams[trigramCount++] = trigramBucket(beforeLast, last, boundary)
    this.#wordCount = wordCount
    this.#trigramCount = trigramCount
  }

  #classify(codeUnit: number): number {
    const character = String.fromCharCode(codeUnit)
    const lower = character.toLowerCase()
    // A few letters (İ) grow when lower-cased; they stay as they are.
    const folded = lower.length === 1 ? lower.charCodeAt(0) : codeUnit
    const entry = (kindOf(character, codeUnit) << 16) | folded
    this.#codeUnits[codeUnit] = entry
    return entry
  }
}

function kindOf(character: string, codeUnit: number): number {
  if (codeUnit >= 0xd800 && codeUnit <= 0xdfff) return soloKind
  if (/[\s\p{Cc}]/u.test(character)) return spaceKind
  if (/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u.test(character)) return soloKind
  return /[\p{L}\p{N}\p{M}_]/u.test(character) ? letterKind : markKind
}

function trigramBucket(first: number, second: number, third: number): number {
  return mix(Math.imul(Math.imul(first, 0x9e3779b1) + second, 0x85ebca6b) + third)
}

/** The upper 16 bits of a 32-bit finaliser (xor-shift and multiply), as a bucket. */
function mix(hash: number): number {
  let h = Math.imul(hash ^ (hash >>> 16), 0x7feb352d)
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b)
  return (h ^ (h >>> 16)) >>> 16
}
