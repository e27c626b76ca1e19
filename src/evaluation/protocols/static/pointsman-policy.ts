import { type OutcomeData, unknownCells } from '../../../outcomes/outcome-data.ts'
import { type CreateRouterOptions, createRouter } from '../../../routing/create-router.ts'
import { noExploration } from '../../../routing/decision/choice.ts'
import { sweepCostWeights } from '../../../routing/decision/cost-quality-hull.ts'
import { defaultPreference } from '../../../routing/decision/routing-preference.ts'
import type { Embedder } from '../../../routing/embedding/embedder.ts'
import type { CostEstimates, CostPredictor } from '../../../routing/prediction/cost-predictor.ts'
import type { FittedPolicy } from '../../../routing/prediction/fitted-policy.ts'
import type { QualityPredictor } from '../../../routing/prediction/quality-predictor.ts'
import { plainRequest } from '../../../routing/request.ts'
import { fitPolicy } from '../../../training/fit-policy.ts'
import type { StaticEntrant } from './static-entrant.ts'
import type { StaticChoices, StaticPrompts, StaticTraining } from './static-policy.ts'

/** λ where cost is to decide nothing but ties; the preference must be finite. */
const boundlessLambda = 1e9

/** Willingness to pay at every step of the sweep: 1/μ, so that both sweeps pass the same trade-offs. */
function sweepLambdas(): Float64Array {
  return sweepCostWeights().map((weight) => (weight === 0 ? boundlessLambda : 1 / weight))
}

/**
 * The product itself: what `pointsman fit` fits on the training prompts, and the router that serves it, asked about each
 * prompt at each λ. Exploration is off, so that a choice is the best candidate; nothing is learned between prompts.
 * Estimates do not depend on λ and are made once per prompt.
 */
export const pointsmanPolicy: StaticEntrant['policy'] = {
  name: 'pointsman',
  async fit(training) {
    const { embedder, seed, prices, rows } = training
    const { policy } = await fitPolicy(asOutcomeData(training), { seed, now: 0, embedder })
    const llms = rows.llms.map((id, llm) => ({ id, price: prices[llm] }))
    return { choose: (prompts) => route({ llms, seed, policy, prompts }) }
  },
}

async function route(parts: {
  readonly llms: CreateRouterOptions['llms']
  readonly seed: number
  readonly policy: FittedPolicy
  readonly prompts: StaticPrompts
}): Promise<StaticChoices> {
  const { llms, seed, policy, prompts } = parts
  const shown = new ShownContext(policy.embedderId)
  const remembered = {
    ...policy,
    quality: rememberQuality(policy.quality),
    cost: rememberCost(policy.cost, llms.length),
  }
  const router = createRouter({
    llms,
    seed,
    fitted: { policy: remembered, embedder: shown },
    router: { exploration: noExploration },
  })
  const indexOf = new Map(llms.map((llm, index) => [llm.id, index]))
  const lambdas = sweepLambdas()
  const count = prompts.contexts.length
  const answeredBy = new Uint16Array(lambdas.length * count)
  for (let prompt = 0; prompt < count; prompt++) {
    shown.embedding = prompts.contexts[prompt]!.embedding
    const request = plainRequest(prompts.texts[prompt]!, { inputTokens: prompts.inputTokens[prompt]! })
    for (let setting = 0; setting < lambdas.length; setting++) {
      const preference = { ...defaultPreference, lambda: lambdas[setting]! }
      const { drawn } = await router.route({ ...request, preference })
      answeredBy[setting * count + prompt] = indexOf.get(drawn)!
    }
  }
  return { settings: lambdas.length, answeredBy }
}

/** The training prompts as the fit reads them; latencies play no part in it. */
function asOutcomeData({ rows, texts, sources, prices }: StaticTraining): OutcomeData {
  return {
    name: 'training',
    prompts: texts.map((text, row) => ({ id: String(row), source: sources[row]!, text, extra: {} })),
    llms: rows.llms.map((id, llm) => ({ id, price: prices[llm], base: id, extra: {} })),
    quality: rows.quality,
    costUsd: rows.costUsd,
    inputTokens: rows.inputTokens,
    outputTokens: rows.outputTokens,
    latencyMs: unknownCells(rows.quality.length),
  }
}

/** Stands in for the fitted embedder with the vector that it made of the prompt before, so that none is made twice. */
class ShownContext implements Embedder {
  readonly id: string
  embedding: Float32Array = new Float32Array(0)

  constructor(id: string) {
    this.id = id
  }

  get dimension(): number {
    return this.embedding.length
  }

  embed(): Float32Array {
    return this.embedding
  }
}

/** The same estimates, made once per embedding in a row. */
function rememberQuality(predictor: QualityPredictor): QualityPredictor {
  const kept = new Float64Array(predictor.llms.length)
  let of: Float32Array | undefined
  return {
    llms: predictor.llms,
    predict(context, quality, uncertainty) {
      if (uncertainty !== undefined) {
        predictor.predict(context, quality, uncertainty)
        return
      }
      if (of !== context.embedding) predictor.predict(context, kept)
      of = context.embedding
      quality.set(kept)
    },
    snapshot: () => predictor.snapshot(),
  }
}

/** The same for costs, as long as the whole pool is asked about. */
function rememberCost(predictor: CostPredictor, llmCount: number): CostPredictor {
  const kept: CostEstimates = {
    costUsd: new Float64Array(llmCount),
    offlineCostUsd: new Float64Array(llmCount),
    costUsdP90: new Float64Array(llmCount),
    outputTokens: new Float64Array(llmCount),
    outputTokensP90: new Float64Array(llmCount),
  }
  let of: Float32Array | undefined
  return {
    llms: predictor.llms,
    predict(context, size, llms, out) {
      if (llms.length !== llmCount) {
        predictor.predict(context, size, llms, out)
        return
      }
      if (of !== context.embedding) predictor.predict(context, size, llms, kept)
      of = context.embedding
      out.costUsd.set(kept.costUsd)
      out.offlineCostUsd.set(kept.offlineCostUsd)
      out.costUsdP90.set(kept.costUsdP90)
      out.outputTokens.set(kept.outputTokens)
      out.outputTokensP90.set(kept.outputTokensP90)
    },
    observe: (...bill) => predictor.observe(...bill),
    snapshot: () => predictor.snapshot(),
  }
}
