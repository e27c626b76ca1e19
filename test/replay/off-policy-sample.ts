import type { OffPolicyLog } from '../../src/proof/off-policy/off-policy-log.ts'
import { drawCandidate } from '../../src/routing/decision/choice.ts'
import type { RandomSource } from '../../src/routing/numeric/random-source.ts'
import type { LoggingPolicy } from './off-policy-logging.ts'
import { expectedValue, type World } from './off-policy-world.ts'

/** A log and the truth behind it. */
export interface DrawnLog {
  readonly log: OffPolicyLog
  /** Of the world, by row of the log. */
  readonly rowOf: Int32Array
  /** What served is worth over all prompts; of one that learned, on average over its states. */
  readonly servedValue: number
}

/** Draws prompts with replacement, lets a policy choose, and hides what it did not choose. */
export function drawLog(
  world: World,
  policy: LoggingPolicy,
  size: number,
  labelShare: number,
  random: RandomSource,
): DrawnLog {
  const width = world.llms.length
  const log = emptyLog(world, size)
  const rowOf = new Int32Array(size)
  const run = policy.start()
  let servedValue = 0
  for (let from = 0; from < size; from += policy.batch) {
    const to = Math.min(size, from + policy.batch)
    const probability = run.probabilities()
    const estimates = run.qualityEstimates()
    servedValue += ((to - from) / size) * worthOf(world, probability)
    for (let i = from; i < to; i++) {
      const row = Math.floor(random.next() * world.rows)
      rowOf[i] = row
      const at = row * width
      log.logging.set(probability.subarray(at, at + width), i * width)
      log.qualityEstimate.set(estimates.subarray(at, at + width), i * width)
      log.costEstimate.set(world.costEstimate.subarray(at, at + width), i * width)
      const llm = drawCandidate(probability.subarray(at, at + width), width, random)
      log.drawn[i] = i * width + llm
      log.propensity[i] = probability[at + llm]!
      log.quality[i] = random.next() < labelShare ? world.quality[at + llm]! : Number.NaN
      log.costUsd[i] = world.costUsd[at + llm]!
    }
    if (run.learn === undefined) continue
    for (let i = from; i < to; i++) {
      if (!Number.isNaN(log.quality[i]!)) run.learn(log.drawn[i]! - i * width, log.quality[i]!)
    }
  }
  return { log, rowOf, servedValue }
}

const knownValues = new WeakMap<Float64Array, number>()

/** A frozen policy's is worked out once; a learner's table is written over. */
function worthOf(world: World, probability: Float64Array): number {
  const known = knownValues.get(probability)
  if (known !== undefined) return known
  const value = expectedValue(probability, world.utility, world.rows)
  if (probability === world.ownChoice) knownValues.set(probability, value)
  return value
}

function emptyLog(world: World, size: number): OffPolicyLog {
  const width = world.llms.length
  return {
    rows: size,
    llms: world.llms,
    clusters: size,
    cluster: Int32Array.from({ length: size }, (_, i) => i),
    offsets: Int32Array.from({ length: size + 1 }, (_, i) => i * width),
    llm: Int32Array.from({ length: size * width }, (_, place) => place % width),
    logging: new Float64Array(size * width),
    qualityEstimate: new Float64Array(size * width),
    costEstimate: new Float64Array(size * width),
    drawn: new Int32Array(size),
    propensity: new Float64Array(size),
    quality: new Float64Array(size),
    costUsd: new Float64Array(size),
  }
}
