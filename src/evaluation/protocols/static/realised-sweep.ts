import type { TestOutcomes } from './static-case.ts'
import type { StaticChoices } from './static-policy.ts'

/** What a policy's choices came to: matrices row-major, settings × prompts; NaN in both where either is unknown. */
export interface RealisedSweep {
  readonly settings: number
  readonly costUsd: Float64Array
  readonly quality: Float64Array
}

/** Looks up what the chosen LLMs cost and yielded; a cascade pays for every call. */
export function realise(choices: StaticChoices, test: TestOutcomes): RealisedSweep {
  const prompts = test.rows.length
  const { settings, answeredBy, alsoCalled } = choices
  const costUsd = new Float64Array(settings * prompts)
  const quality = new Float64Array(settings * prompts)
  for (let i = 0; i < answeredBy.length; i++) {
    const start = (i % prompts) * test.llmCount
    const cell = start + answeredBy[i]!
    let cost = test.costUsd[cell]!
    for (const llm of alsoCalled?.[i] ?? []) cost += test.costUsd[start + llm]!
    const known = !Number.isNaN(cost) && !Number.isNaN(test.quality[cell]!)
    costUsd[i] = known ? cost : Number.NaN
    quality[i] = known ? test.quality[cell]! : Number.NaN
  }
  return { settings, costUsd, quality }
}

/** Every LLM for all prompts, one setting each; `llms` are indices into the pool. */
export function fixedChoices(llms: readonly number[], prompts: number): StaticChoices {
  const answeredBy = new Uint16Array(llms.length * prompts)
  llms.forEach((llm, setting) => {
    answeredBy.fill(llm, setting * prompts, (setting + 1) * prompts)
  })
  return { settings: llms.length, answeredBy }
}
