import type { OutcomeData } from './outcome-data.ts'
import { outcomeMeasures, selectRows } from './outcome-data.ts'

/** The text by which two prompts count as the same: Unicode-normalised (NFKC), lower case, white space collapsed. */
export function normaliseText(text: string): string {
  return text.normalize('NFKC').toLowerCase().replace(/\s+/gu, ' ').trim()
}

/**
 * Merges prompts of the same normalised text: the first one stays (with its id and split), and each of its cells
 * becomes the mean of the known cells of all of them. A set that brings its own splits is divided first, by
 * `selectUnsharedSplit`: merging across splits would carry the labels of one into another.
 */
export function deduplicate(data: OutcomeData): OutcomeData {
  const rowsByText = new Map<string, number[]>()
  data.prompts.forEach((prompt, row) => {
    const text = normaliseText(prompt.text)
    const rows = rowsByText.get(text)
    if (rows === undefined) rowsByText.set(text, [row])
    else rows.push(row)
  })
  const groups = [...rowsByText.values()]
  if (groups.length === data.prompts.length) return data
  const merged = selectRows(
    data,
    groups.map((rows) => rows[0]!),
  )
  const width = data.llms.length
  groups.forEach((rows, to) => {
    if (rows.length === 1) return
    for (const measure of outcomeMeasures) {
      for (let llm = 0; llm < width; llm++) {
        merged[measure][to * width + llm] = knownMean(data[measure], rows, width, llm)
      }
    }
  })
  return merged
}

function knownMean(cells: Float64Array, rows: readonly number[], width: number, column: number): number {
  let sum = 0
  let count = 0
  for (const row of rows) {
    const value = cells[row * width + column]!
    if (Number.isNaN(value)) continue
    sum += value
    count++
  }
  return count === 0 ? Number.NaN : sum / count
}
