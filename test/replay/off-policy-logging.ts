import { newCandidateBuffers } from '../../src/routing/decision/candidate-buffers.ts'
import { candidateUtilities } from '../../src/routing/decision/candidate-utilities.ts'
import { choiceProbabilities, type ExplorationOptions, noExploration } from '../../src/routing/decision/choice.ts'
import { tradeOff } from '../../src/routing/decision/utility.ts'
import type { World } from './off-policy-world.ts'

/** A logging policy for the length of one log: it may learn from batch to batch. */
export interface LoggingRun {
  /** Of this batch, rows × llms; valid until the next call. */
  probabilities(): Float64Array
  /** q̂ as it would be logged, rows × llms. */
  qualityEstimates(): Float64Array
  learn?(llm: number, quality: number): void
}

export interface LoggingPolicy {
  readonly name: string
  /** Rows between two states of what it has learned. */
  readonly batch: number
  start(): LoggingRun
}

const batches = 20

/** Four ways to choose while logging. @param size rows of each log. */
export function openLoggingPolicies(world: World, size: number): readonly LoggingPolicy[] {
  const frozen = (name: string, probability: Float64Array): LoggingPolicy => ({
    name,
    batch: size,
    start: () => ({ probabilities: () => probability, qualityEstimates: () => world.qualityEstimate }),
  })
  return [
    frozen('own choice', world.ownChoice),
    frozen('softmax, floor', softmaxChoice(world, 0.02, 0.05)),
    frozen('ε-greedy', greedyChoice(world, 0.1)),
    { name: 'learning', batch: Math.ceil(size / batches), start: () => startLearner(world) },
  ]
}

function predictedUtilities(world: World): Float64Array {
  const weights = tradeOff(world.scale.lambda)
  return world.qualityEstimate.map(
    (q, cell) => weights.quality * q - (weights.cost * world.costEstimate[cell]!) / world.scale.costReferenceUsd,
  )
}

/** softmax(s/T) and an even floor over all candidates. */
function softmaxChoice(world: World, temperature: number, floor: number): Float64Array {
  const width = world.llms.length
  const utilities = predictedUtilities(world)
  const probability = new Float64Array(utilities.length)
  for (let row = 0; row < world.rows; row++) {
    const own = utilities.subarray(row * width, (row + 1) * width)
    const top = Math.max(...own)
    const odds = own.map((s) => Math.exp((s - top) / temperature))
    const total = odds.reduce((sum, value) => sum + value, 0)
    for (let llm = 0; llm < width; llm++) {
      probability[row * width + llm] = floor / width + ((1 - floor) * odds[llm]!) / total
    }
  }
  return probability
}

function greedyChoice(world: World, epsilon: number): Float64Array {
  const width = world.llms.length
  const utilities = predictedUtilities(world)
  const probability = new Float64Array(utilities.length).fill(epsilon / width)
  for (let row = 0; row < world.rows; row++) {
    const own = utilities.subarray(row * width, (row + 1) * width)
    probability[row * width + own.indexOf(Math.max(...own))]! += 1 - epsilon
  }
  return probability
}

/** Wide enough that its log can say something: with the default one the floor of a dear LLM is a few in a hundred thousand. */
const learnerExploration: ExplorationOptions = {
  ...noExploration,
  price: 0.02,
  floor: 0.1,
  floorPrice: 0.05,
  floorSpendShare: 2,
}
const priorDeviation = 0.25
const scoreDeviation = 0.25

/**
 * Begins with guesses from prices and learns each LLM's level from its labels, a normal posterior; chooses as Pointsman does with what it
 * knows, more at random the less that is. Labels arrive in batches.
 */
function startLearner(world: World): LoggingRun {
  const width = world.llms.length
  const counts = new Float64Array(width)
  const sums = new Float64Array(width)
  const probability = new Float64Array(world.rows * width)
  const estimates = new Float64Array(world.rows * width)
  const buffers = newCandidateBuffers(width)
  const weights = tradeOff(world.scale.lambda)
  return {
    probabilities() {
      for (let llm = 0; llm < width; llm++) {
        const precision = 1 / priorDeviation ** 2 + counts[llm]! / scoreDeviation ** 2
        buffers.mean[llm] =
          (world.priorQuality[llm]! / priorDeviation ** 2 + sums[llm]! / scoreDeviation ** 2) / precision
        buffers.uncertainty[llm] = Math.sqrt(1 / precision)
        buffers.optimism[llm] = world.rules.explorationWidth
      }
      for (let row = 0; row < world.rows; row++) {
        for (let llm = 0; llm < width; llm++) buffers.comparableCostUsd[llm] = world.costEstimate[row * width + llm]!
        candidateUtilities(buffers, width, weights, false, world.rules)
        choiceProbabilities(buffers, width, learnerExploration, buffers.probability)
        probability.set(buffers.probability, row * width)
      }
      return probability
    },
    qualityEstimates() {
      for (let cell = 0; cell < estimates.length; cell++) estimates[cell] = buffers.mean[cell % width]!
      return estimates
    },
    learn(llm, quality) {
      counts[llm]!++
      sums[llm]! += quality
    },
  }
}
