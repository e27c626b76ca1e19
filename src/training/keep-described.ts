import { type FittedPolicy, fittedPolicy } from '../routing/prediction/fitted-policy.ts'
import { JoinedQualityPredictor } from '../routing/prediction/joined-quality-predictor.ts'

/**
 * Takes along the LLMs that joined the serving version by their probes: neither the rows of the last fit by hand nor, at first, the log know
 * them, and without this a refit would forget them. Their descriptions are read by the model that made them, that of `parent`; their entries
 * stay the same objects, labels taught since go on being learned on top.
 *
 * @returns `policy` itself where there is nobody to take along, or where it describes or lacks LLMs that the parent's model does not fit:
 *   the rows are those of another fit than the parent's.
 */
export function keepDescribed(policy: FittedPolicy, parent: FittedPolicy | undefined): FittedPolicy {
  if (!(parent?.quality instanceof JoinedQualityPredictor)) return policy
  const { universal, described } = parent.quality
  const known = new Set(policy.llms.map(({ id }) => id))
  const taken = described.flatMap(({ llm }) => (known.has(llm) ? [] : [llm]))
  const isJoined = policy.quality instanceof JoinedQualityPredictor
  const fitted = isJoined ? policy.quality.fitted : policy.quality
  const own = new Set(isJoined ? policy.quality.described.map(({ llm }) => llm) : [])
  const fits =
    universal.llms.every((llm) => fitted.llms.includes(llm)) &&
    [...own].every((llm) => described.some((one) => one.llm === llm))
  if (taken.length === 0 || !fits) return policy
  const kept = described.filter(({ llm }) => own.has(llm) || !known.has(llm))
  const places = taken.map((id) => parent.llms.findIndex((llm) => llm.id === id))
  return fittedPolicy({
    ...policy,
    quality: new JoinedQualityPredictor({ fitted, universal, described: kept }),
    universal,
    llms: [...policy.llms, ...places.map((place) => parent.llms[place]!)],
    noise: Float64Array.from([...policy.noise, ...places.map((place) => parent.noise[place]!)]),
  })
}
