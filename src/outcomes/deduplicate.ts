import type { OutcomeData, OutcomePrompt } from './outcome-data.ts'
import { outcomeMeasures, selectRows } from './outcome-data.ts'

/** The text by which two prompts count as the same: Unicode-normalised (NFKC), lower case, white space collapsed. */
export function normaliseText(text: string): string {
  return text.normalize('NFKC').toLowerCase().replace(/\s+/gu, ' ').trim()
}

/**
 * Merges prompts of the same normalised text: the first one stays (with its id and split), and each of its cells
 * becomes the mean of the known cells of all of them. Merging across the splits that a set brings would carry the
 * labels of one into another: such a set is divided first (`selectUnsharedSplit`), or merged within what `sideOf` tells
 * apart.
 *
 * @param sideOf prompts of different sides are not merged; by default all are of one.
 * @returns `data` itself where nothing is merged.
 */
export function deduplicate(data: OutcomeData, sideOf: (prompt: OutcomePrompt) => string = () => ''): OutcomeData {
  const sides = new Map<string, Map<string, number[]>>()
  const groups: number[][] = []
  data.prompts.forEach((prompt, row) => {
    const side = sideOf(prompt)
    const text = normaliseText(prompt.text)
    const rowsByText = sides.get(side) ?? new Map<string, number[]>()
    sides.set(side, rowsByText)
    const rows = rowsByText.get(text)
    if (rows !== undefined) {
      rows.push(row)
      return
    }
    const first = [row]
    rowsByText.set(text, first)
    groups.push(first)
  })
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
