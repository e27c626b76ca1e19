import { foldCount, foldOf } from './folds.ts'
import type { OffPolicyLog } from './off-policy-log.ts'

/** Rows that the rate of all LLMs together counts for beside an LLM's own. */
const sharedRows = 10

/**
 * ℓ: how likely an outcome is to be known, by the LLM drawn, from the rows of the other folds. What is missing is taken to be
 * missing at random given the LLM. Where every row is known it is 1, exactly.
 *
 * @param outcome by row; NaN is unknown.
 * @returns by row; 0 where no other fold knows any.
 */
export function labelRates(log: OffPolicyLog, outcome: Float64Array): Float64Array {
  const width = log.llms.length
  const known = new Float64Array(foldCount * width)
  const drawn = new Float64Array(foldCount * width)
  for (let i = 0; i < log.rows; i++) {
    const cell = foldOf(log, i) * width + log.llm[log.drawn[i]!]!
    drawn[cell]!++
    if (!Number.isNaN(outcome[i]!)) known[cell]!++
  }
  const rates = rateTable(known, drawn, width)
  return Float64Array.from({ length: log.rows }, (_, i) => rates[foldOf(log, i) * width + log.llm[log.drawn[i]!]!]!)
}

function rateTable(known: Float64Array, drawn: Float64Array, width: number): Float64Array {
  const rates = new Float64Array(foldCount * width)
  for (let fold = 0; fold < foldCount; fold++) {
    let allKnown = 0
    let allDrawn = 0
    const ownKnown = new Float64Array(width)
    const ownDrawn = new Float64Array(width)
    for (let other = 0; other < foldCount; other++) {
      if (other === fold) continue
      for (let llm = 0; llm < width; llm++) {
        ownKnown[llm]! += known[other * width + llm]!
        ownDrawn[llm]! += drawn[other * width + llm]!
        allKnown += known[other * width + llm]!
        allDrawn += drawn[other * width + llm]!
      }
    }
    for (let llm = 0; llm < width; llm++) {
      // (n·k̄ + known)/(n + drawn) without a division in the middle: 1 stays 1.
      const sharedKnown = allDrawn === 0 ? 0 : (sharedRows * allKnown) / allDrawn
      const total = sharedRows + ownDrawn[llm]!
      rates[fold * width + llm] = (sharedKnown + ownKnown[llm]!) / total
    }
  }
  return rates
}
