import type { SparseMatrix } from '../routing/numeric/sparse-matrix.ts'

/**
 * A term in a larger share of the texts belongs to a template (instructions, few-shot examples), not to the question.
 */
const largestShare = 0.3

/** Of so few texts, a term may be in all. */
const alwaysKept = 10

/** Which block a term belongs to. */
const words = 0
const trigrams = 1

const space = 0x20

/**
 * Texts as sparse vectors of norm 1, for telling near-duplicates: words in one block, in-word character 3-grams (a
 * boundary at both ends of what white space separates) in another. An entry is log(1 + count)·log(1 + n/df); each block
 * is scaled to norm 1, then both by √½. Terms are told apart exactly: nothing is hashed or projected. Terms in more
 * than 30 % of the texts are left out. Columns are numbered by falling document frequency, ascending within a row.
 *
 * @param texts normalised (`normaliseText`): white space is single blanks.
 * @returns a text whose terms are all left out has an empty row.
 */
export function termVectors(texts: readonly string[]): SparseMatrix {
  const counted = new TermCounts()
  for (const text of texts) counted.add(text)
  const { frequencies, blocks } = counted
  const { termOf, columnOf } = numberColumns(frequencies, Math.max(alwaysKept, largestShare * texts.length))
  const weights = Float64Array.from(termOf, (term) => Math.log1p(texts.length / frequencies[term]!))
  const countOf = new Int32Array(termOf.length)
  const rowStarts = new Int32Array(texts.length + 1)
  const rows: Int32Array[] = []
  const rowValues: Float32Array[] = []
  counted.texts.forEach(({ terms, counts }, row) => {
    const columns = terms.map((term) => columnOf[term]!)
    columns.forEach((column, i) => {
      if (column >= 0) countOf[column] = counts[i]!
    })
    const kept = columns.filter((column) => column >= 0).sort()
    rows.push(kept)
    rowValues.push(weighRow(kept, (column) => Math.log1p(countOf[column]!) * weights[column]!, termOf, blocks))
    rowStarts[row + 1] = rowStarts[row]! + kept.length
  })
  const columns = new Int32Array(rowStarts[texts.length]!)
  const values = new Float32Array(columns.length)
  rows.forEach((row, index) => {
    columns.set(row, rowStarts[index]!)
    values.set(rowValues[index]!, rowStarts[index]!)
  })
  return { rowCount: texts.length, columnCount: termOf.length, rowStarts, columns, values }
}

/** Each block of a row scaled to norm 1, and by √½ where both have terms. */
function weighRow(
  columns: Int32Array,
  weightOf: (column: number) => number,
  termOf: Int32Array,
  blocks: readonly number[],
): Float32Array {
  const squares = [0, 0]
  const weights = new Float32Array(columns.length)
  columns.forEach((column, i) => {
    const weight = weightOf(column)
    weights[i] = weight
    squares[blocks[termOf[column]!]!]! += weight * weight
  })
  const filled = squares.every((sum) => sum > 0) ? 2 : 1
  const scales = squares.map((sum) => 1 / Math.sqrt(filled * sum))
  columns.forEach((column, i) => {
    weights[i]! *= scales[blocks[termOf[column]!]!]!
  })
  return weights
}

interface TextTerms {
  /** Distinct, in the order of the text. */
  readonly terms: Int32Array
  readonly counts: Int32Array
}

/** Numbers terms as they turn up and counts them, text by text. */
class TermCounts {
  readonly texts: TextTerms[] = []
  /** By term: its block, and in how many texts it is. */
  readonly blocks: number[] = []
  readonly frequencies: number[] = []
  readonly #termOfWord = new Map<string, number>()
  readonly #termOfTrigram = new Map<number, number>()
  /** By term, of the text being read; all zeros between texts. */
  readonly #counts: number[] = []
  #found: number[] = []

  add(text: string): void {
    this.#found = []
    for (const word of text.match(/[\p{L}\p{N}\p{M}_]+/gu) ?? []) this.#count(this.#termOfWord, word, words)
    let before = space
    let middle = text.length === 0 ? space : text.charCodeAt(0)
    for (let i = 1; i <= text.length; i++) {
      const after = i === text.length ? space : text.charCodeAt(i)
      if (middle !== space) {
        this.#count(this.#termOfTrigram, (before * 0x10000 + middle) * 0x10000 + after, trigrams)
      }
      before = middle
      middle = after
    }
    const terms = Int32Array.from(this.#found)
    this.texts.push({ terms, counts: terms.map((term) => this.#counts[term]!) })
    for (const term of terms) {
      this.#counts[term] = 0
      this.frequencies[term]!++
    }
  }

  #count<K>(terms: Map<K, number>, key: K, block: number): void {
    let term = terms.get(key)
    if (term === undefined) {
      term = this.blocks.length
      terms.set(key, term)
      this.blocks.push(block)
      this.frequencies.push(0)
      this.#counts.push(0)
    }
    if (this.#counts[term]!++ === 0) this.#found.push(term)
  }
}

/** Columns for the terms in at most `most` texts, the commonest first; −1 for the other terms. */
function numberColumns(
  frequencies: readonly number[],
  most: number,
): { readonly termOf: Int32Array; readonly columnOf: Int32Array } {
  const termOf = Int32Array.from(frequencies, (_, term) => term).filter((term) => frequencies[term]! <= most)
  termOf.sort((a, b) => frequencies[b]! - frequencies[a]! || a - b)
  const columnOf = new Int32Array(frequencies.length).fill(-1)
  termOf.forEach((term, column) => {
    columnOf[term] = column
  })
  return { termOf, columnOf }
}
