import type { AbilityCell } from './fit-abilities.ts'
import type { PromptClusters } from './fit-ease-map.ts'
import type { PooledData } from './starter-data.ts'

/** Clusters whose shares of each task are the units that abilities are fitted on. */
const unitScale = 16

/** Fewer labels of an LLM in a unit say next to nothing, and there are many such cells. */
const fewestLabels = 5

/**
 * Mean qualities by LLM and unit: a task of a set, in one cluster. Tasks of a set are told apart as clusters do not tell them: an LLM
 * that only the hard ones measured would seem weak beside those that the easy ones measured too.
 *
 * @returns the cells and the number of units, of which each cell has one by index.
 */
export function abilityCells(
  { llms, quality, taskOf }: Pick<PooledData, 'llms' | 'quality' | 'taskOf'>,
  clusters: Pick<PromptClusters, 'assignments'>,
): { readonly cells: readonly AbilityCell[]; readonly units: number } {
  const width = llms.length
  const assigned = clusters.assignments.find(({ clusters: count }) => count === unitScale)!.of
  const unitOf = new Map<number, number>()
  const sums = new Map<number, { sum: number; squares: number; count: number }>()
  taskOf.forEach((task, row) => {
    const place = task * unitScale + assigned[row]!
    const unit = unitOf.get(place) ?? unitOf.size
    unitOf.set(place, unit)
    for (let llm = 0; llm < width; llm++) {
      const value = quality[row * width + llm]!
      if (Number.isNaN(value)) continue
      const key = unit * width + llm
      const entry = sums.get(key) ?? { sum: 0, squares: 0, count: 0 }
      entry.sum += value
      entry.squares += value ** 2
      entry.count++
      sums.set(key, entry)
    }
  })
  const cells = [...sums].flatMap(([key, { sum, squares, count }]): AbilityCell[] => {
    if (count < fewestLabels) return []
    const mean = sum / count
    const variance = Math.max(0, squares - count * mean ** 2) / (count - 1)
    return [{ llm: key % width, unit: Math.floor(key / width), count, mean, variance }]
  })
  return { cells, units: unitOf.size }
}
