/**
 * Cold start on paretobandit: nothing fitted, feedback on; mean utility of the first prompts beside `cheapest` and
 * `random`, over seeded orders of a split, `val` unless said. Run: npm exec -- node test/replay/cold-start.ts [seeds] [split]
 */

import { readOutcomeData } from '../../src/outcomes/read-outcome-data.ts'
import { selectSplit } from '../../src/outcomes/split.ts'
import { HashedNgramEmbedder } from '../../src/routing/embedding/hashed-ngram-embedder.ts'
import { RoutingPolicy } from '../../src/routing/routing-policy.ts'
import { runStream } from './label-stream.ts'
import { dataFolder, meanAndInterval, realisedUtility, recordedPool } from './recorded-pool.ts'

const spans = [100, 250, 500]
const lambdas = [0.2, 1.4, 20]
const seeds = Number(process.argv[2] ?? 20)
const split = process.argv[3] ?? 'val'

const data = selectSplit(await readOutcomeData(dataFolder('paretobandit')), split)
const pool = recordedPool(data)
const embedder = new HashedNgramEmbedder()
const width = data.llms.length
const trueReference = Math.max(...columnMeans(data.costUsd))
const cheapest = columnMeans(data.costUsd).indexOf(Math.min(...columnMeans(data.costUsd)))

console.log(`paretobandit ${split}, ${seeds} orders; utility with C_ref = mean cost of the dearest LLM`)
console.log(['λ', 'prompts', 'pointsman', 'cheapest', 'random', 'best fixed'].map((h) => h.padStart(16)).join(''))
for (const lambda of lambdas) {
  const bySpan = new Map(spans.map((span) => [span, { ours: [], cheapest: [], random: [], best: [] } as Row]))
  for (let seed = 1; seed <= seeds; seed++) {
    const policy = new RoutingPolicy({ embedder, pool })
    const steps = await runStream(data, policy, { lambda, seed, feedback: 'score' })
    const utilityOf = (prompt: number, llm: number) =>
      realisedUtility(data.quality[prompt * width + llm]!, data.costUsd[prompt * width + llm]!, lambda, trueReference)
    for (const [span, row] of bySpan) {
      const first = steps.slice(0, span)
      row.ours.push(mean(first.map(({ prompt, llm }) => utilityOf(prompt, llm))))
      const fixed = data.llms.map((_, llm) => mean(first.map(({ prompt }) => utilityOf(prompt, llm))))
      row.cheapest.push(fixed[cheapest]!)
      row.random.push(mean(fixed))
      row.best.push(Math.max(...fixed))
    }
  }
  for (const [span, row] of bySpan) {
    const cells = [row.ours, row.cheapest, row.random, row.best].map((values) => {
      const { mean: centre, halfWidth } = meanAndInterval(values)
      return `${centre.toFixed(4)} ±${halfWidth.toFixed(4)}`
    })
    console.log([String(lambda), String(span), ...cells].map((cell) => cell.padStart(16)).join(''))
  }
}

interface Row {
  readonly ours: number[]
  readonly cheapest: number[]
  readonly random: number[]
  readonly best: number[]
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function columnMeans(cells: Float64Array): number[] {
  const rows = cells.length / width
  return Array.from({ length: width }, (_, column) => {
    let sum = 0
    for (let row = 0; row < rows; row++) sum += cells[row * width + column]!
    return sum / rows
  })
}
