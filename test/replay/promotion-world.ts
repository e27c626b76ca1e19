import { type OutcomeData, selectRows } from '../../src/outcomes/outcome-data.ts'
import { readOutcomeData } from '../../src/outcomes/read-outcome-data.ts'
import { selectSplit } from '../../src/outcomes/split.ts'
import type { TrialTurn } from '../../src/proof/promotion/trial-unit.ts'
import { realisedUtility, type UtilityScale } from '../../src/proof/promotion/utility-scale.ts'
import { CandidateAppraiser } from '../../src/routing/decision/candidate-appraiser.ts'
import { defaultExploration } from '../../src/routing/decision/choice.ts'
import { tradeOff } from '../../src/routing/decision/utility.ts'
import { buildContext } from '../../src/routing/embedding/context-builder.ts'
import type { Embedder } from '../../src/routing/embedding/embedder.ts'
import type { RoutingContext } from '../../src/routing/embedding/routing-context.ts'
import { SeededRandom } from '../../src/routing/numeric/random-source.ts'
import { CompletionTimeModel } from '../../src/routing/prediction/completion-time-model.ts'
import type { FittedPolicy } from '../../src/routing/prediction/fitted-policy.ts'
import { defaultRouterOptions } from '../../src/routing/router.ts'
import { RoutingPolicy } from '../../src/routing/routing-policy.ts'
import { fitPolicy } from '../../src/training/fit-policy.ts'
import { dataFolder, recordedPool, recordedRequest } from './recorded-pool.ts'

/** Prompts whose every answer is recorded, and the choice probabilities of a version over them. Arrays have the shape [prompts, llms]. */
export interface TrialWorld {
  readonly name: string
  readonly scale: UtilityScale
  readonly llms: readonly string[]
  readonly prompts: number
  readonly quality: Float64Array
  readonly costUsd: Float64Array
  readonly utility: Float64Array
  /** q̂ as fitted. */
  readonly prior: Float64Array
  readonly serving: Float64Array
}

/**
 * @param splits of the set: what the serving version is fitted on, and what the stream is drawn from.
 * @param fittedPart of the first, that the serving version is fitted on; with less than 1, `candidate` is the version fitted on all of it.
 */
export async function readWorld(
  name: string,
  splits: readonly [string, string],
  lambda: number,
  fittedPart = 1,
): Promise<TrialWorld & { readonly candidate: Float64Array }> {
  const source = await readOutcomeData(dataFolder(name))
  const all = selectSplit(source, splits[0])
  const few = Array.from({ length: Math.round(fittedPart * all.prompts.length) }, (_, i) => Math.floor(i / fittedPart))
  const full = await fitPolicy(all, { seed: 1, now: 0 })
  const { embedder } = full
  const served = fittedPart === 1 ? full : await fitPolicy(selectRows(all, few), { seed: 2, now: 1, embedder })
  const known = served.policy.quality.llms.filter((id) => full.policy.quality.llms.includes(id))
  const data = complete(selectSplit(source, splits[1]), known)
  const scale = { lambda, costReferenceUsd: served.policy.costReferenceUsd }
  const { quality, costUsd } = data
  const utility = quality.map((value, i) => realisedUtility(value, costUsd[i]!, scale))
  const llms = data.llms.map(({ id }) => id)
  const { prior, probability: serving } = choicesOf(served.policy, embedder, data, lambda)
  const candidate = choicesOf(full.policy, embedder, data, lambda).probability
  return { name, scale, llms, prompts: data.prompts.length, quality, costUsd, utility, prior, serving, candidate }
}

/** q̂ as fitted and choice probabilities of a version, shape [prompts, llms]. */
function choicesOf(fitted: FittedPolicy, embedder: Embedder, data: OutcomeData, lambda: number) {
  const pool = recordedPool(data)
  const policy = new RoutingPolicy({ embedder, fitted, pool })
  const options = { ...defaultRouterOptions, exploration: defaultExploration }
  const appraiser = new CandidateAppraiser(new CompletionTimeModel(), options)
  const width = pool.length
  const prior = new Float64Array(data.prompts.length * width)
  const probability = prior.slice()
  data.prompts.forEach(({ text }, row) => {
    const request = recordedRequest(text, lambda)
    const context = buildContext(embedder, request) as RoutingContext
    appraiser.estimate(request, policy, context, pool, tradeOff(lambda))
    appraiser.choose(request, policy, pool, tradeOff(lambda))
    prior.set(appraiser.buffers.offline.subarray(0, width), row * width)
    probability.set(appraiser.buffers.probability.subarray(0, width), row * width)
  })
  return { prior, probability }
}

/** Prompts and LLMs without an unknown cell. */
function complete(data: OutcomeData, llms: readonly string[]): OutcomeData {
  const width = data.llms.length
  const columns = data.llms.flatMap(({ id }, i) => (llms.includes(id) ? [i] : []))
  const known = (row: number) =>
    columns.every((i) => !Number.isNaN(data.quality[row * width + i]! + data.costUsd[row * width + i]!))
  const rows = data.prompts.flatMap((_, row) => (known(row) ? [row] : []))
  const pick = (values: Float64Array) =>
    Float64Array.from(rows.flatMap((row) => columns.map((i) => values[row * width + i]!)))
  return {
    ...data,
    llms: columns.map((i) => data.llms[i]!),
    prompts: rows.map((row) => data.prompts[row]!),
    quality: pick(Float64Array.from(data.quality)),
    costUsd: pick(Float64Array.from(data.costUsd)),
  } as OutcomeData
}

/** Mean over prompts of what these probabilities are worth. */
export function worthOf({ prompts, utility, llms }: TrialWorld, probabilities: Float64Array): number {
  let sum = 0
  for (let i = 0; i < prompts * llms.length; i++) sum += probabilities[i]! * utility[i]!
  return sum / prompts
}

/** Mean over prompts of Σ_a |π_c − π_s|/2. */
export function disagreement(world: TrialWorld, candidate: Float64Array): number {
  let sum = 0
  for (let i = 0; i < candidate.length; i++) sum += Math.abs(candidate[i]! - world.serving[i]!) / 2
  return sum / world.prompts
}

/**
 * A candidate that is worth `gain` more than the serving version, exactly: on a part of the prompts, drawn by the seed, it takes with one
 * probability the best LLM of that prompt, else any, evenly; elsewhere it does as the serving version. A floor keeps its support.
 *
 * @throws Error when no probability reaches the gain on so many prompts.
 */
export function candidateWorth(world: TrialWorld, gain: number, part: number, seed: number): Float64Array {
  const { prompts, llms, serving, utility } = world
  const width = llms.length
  const random = new SeededRandom(seed)
  const [blind, wise] = [serving.slice(), serving.slice()]
  for (let row = 0; row < prompts; row++) {
    if (random.next() >= part) continue
    let best = 0
    for (let i = 1; i < width; i++) if (utility[row * width + i]! > utility[row * width + best]!) best = i
    for (let i = 0; i < width; i++) {
      const floor = defaultExploration.floor / width
      blind[row * width + i] = 1 / width
      wise[row * width + i] = floor + (i === best ? 1 - defaultExploration.floor : 0)
    }
  }
  const base = worthOf(world, serving)
  const [low, high] = [worthOf(world, blind) - base, worthOf(world, wise) - base]
  const probability = (gain - low) / (high - low)
  if (!(probability >= 0 && probability <= 1)) {
    throw new Error(
      `A gain of ${gain} is not between ${low.toFixed(4)} and ${high.toFixed(4)} on ${part} of ${world.name}`,
    )
  }
  return blind.map((cell, i) => (1 - probability) * cell + probability * wise[i]!)
}

/** One decision of the trial: a prompt, its arm and its draw. */
export function drawTurn(
  world: TrialWorld,
  candidate: Float64Array,
  byCandidate: boolean,
  labelShare: number,
  random: SeededRandom,
): TrialTurn {
  const width = world.llms.length
  const row = Math.floor(random.next() * world.prompts)
  const cells = (of: Float64Array) => of.subarray(row * width, (row + 1) * width)
  const own = cells(byCandidate ? candidate : world.serving)
  let left = random.next()
  let drawn = 0
  while (drawn < width - 1 && left >= own[drawn]!) left -= own[drawn++]!
  const isKnown = random.next() < labelShare
  const cell = row * width + drawn
  return {
    llms: world.llms,
    serving: cells(world.serving),
    candidate: cells(candidate),
    drawn,
    prior: cells(world.prior),
    outcome: isKnown ? { quality: world.quality[cell]!, costUsd: world.costUsd[cell]!, weight: 1 } : undefined,
  }
}
