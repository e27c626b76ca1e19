import { type FittedLlm, type FittedPolicy, fittedPolicy } from '../routing/prediction/fitted-policy.ts'
import { JoinedQualityPredictor } from '../routing/prediction/joined-quality-predictor.ts'
import { withDescribedLlm } from '../routing/prediction/universal/described-policy.ts'
import type { LlmId } from '../routing/registry/llm.ts'
import type { SeenProbe } from './probe-contexts.ts'

/** No LLM is taken to be always right, or wrong. */
const held = [0.01, 0.99] as const

/** LLMs that `starter` knows by name or by siblings, not by their prices alone, and that `policy` was not fitted on. */
export function starterKnows(starter: FittedPolicy, policy: Pick<FittedPolicy, 'llms'>): readonly FittedLlm[] {
  const fitted = new Set(policy.llms.map(({ id }) => id))
  return starter.llms.filter(({ id, source }) => (source === 'starter' || source === 'sibling') && !fitted.has(id))
}

/**
 * A first version fitted on some LLMs' probes that also keeps what the starter believes of the others (mathematics §22): without it they would
 * fall back to their prices as soon as two of the pool are probed. They are described by what the starter expects of them on the same probes,
 * all moved in logits by what the fitted LLMs have over its expectation there: how hard the probes are it did not know. Their source and with
 * it the width of what may be learned stay the starter's.
 *
 * @param policy its `universal` must be there. @param starter of the same embedder. @param seen at least one, those fitted on.
 */
export function keepStarterBeliefs(
  policy: FittedPolicy,
  starter: FittedPolicy,
  seen: readonly Pick<SeenProbe, 'context'>[],
): FittedPolicy {
  const kept = starterKnows(starter, policy)
  if (kept.length === 0) return policy
  const contexts = seen.map(({ context }) => context)
  const believed = beliefs(starter, contexts)
  const shift = easeOfProbes(policy, believed)
  const levels = new Map<LlmId, number>()
  let joined = policy
  for (const { id } of kept) {
    const quality = believed.get(id)!.map((q) => 1 / (1 + Math.exp(-(logit(q) + shift))))
    levels.set(id, mean(quality))
    joined = withDescribedLlm(joined, { id, price: undefined }, { contexts, quality }, policy)
  }
  return asBelieved(joined, policy.description, starter, levels)
}

/** Levels, entries and noise as the starter has them: nobody has labelled what these LLMs said. */
function asBelieved(
  joined: FittedPolicy,
  description: string,
  starter: FittedPolicy,
  levels: ReadonlyMap<LlmId, number>,
): FittedPolicy {
  if (!(joined.quality instanceof JoinedQualityPredictor)) return joined
  const { fitted, universal, described } = joined.quality
  const placeOf = (id: LlmId) => (levels.has(id) ? starter.llms.findIndex((llm) => llm.id === id) : -1)
  const places = joined.llms.map(({ id }) => placeOf(id))
  return fittedPolicy({
    ...joined,
    description: `${description}; ${levels.size} ${levels.size === 1 ? 'LLM' : 'LLMs'} as the starter has them`,
    quality: new JoinedQualityPredictor({
      fitted,
      universal,
      // A description draws levels to those of the fitted LLMs, as few labels ask for; this one is not made of labels.
      described: described.map((one) => {
        const level = levels.get(one.llm) ?? one.description.level
        return { ...one, description: { ...one.description, level } }
      }),
    }),
    llms: joined.llms.map((llm, i) =>
      places[i] === -1 ? llm : { ...starter.llms[places[i]!]!, meanQuality: levels.get(llm.id)! },
    ),
    noise: joined.noise.map((own, i) => (places[i] === -1 ? own : starter.noise[places[i]!]!)),
  })
}

/** q̂ of each LLM of the starter on each probe. */
function beliefs(
  { quality }: FittedPolicy,
  contexts: readonly SeenProbe['context'][],
): ReadonlyMap<LlmId, Float64Array> {
  const one = new Float64Array(quality.llms.length)
  const all = new Map(quality.llms.map((llm) => [llm, new Float64Array(contexts.length)]))
  contexts.forEach((context, row) => {
    quality.predict(context, one)
    quality.llms.forEach((llm, place) => {
      all.get(llm)![row] = one[place]!
    })
  })
  return all
}

/** Mean over the fitted LLMs that the starter has expectations of; 0 without any. */
function easeOfProbes(policy: FittedPolicy, believed: ReadonlyMap<LlmId, Float64Array>): number {
  const shifts = policy.llms.flatMap(({ id, meanQuality }) => {
    const expected = believed.get(id)
    return expected === undefined ? [] : [logit(meanQuality) - logit(mean(expected))]
  })
  return shifts.length === 0 ? 0 : mean(shifts)
}

function logit(quality: number): number {
  const [least, most] = held
  const q = Math.min(most, Math.max(least, quality))
  return Math.log(q / (1 - q))
}

function mean(values: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i]!
  return sum / values.length
}
