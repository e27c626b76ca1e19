import type { OutcomeData } from '../../../../outcomes/outcome-data.ts'
import type { OnlineGoal } from '../../../online/online-policy.ts'
import type { DriftCast, DriftScenario } from '../drift-setting.ts'
import { DriftStream } from '../drift-stream.ts'

/** LLMs by rising bill: cheap, workhorse, newcomer, dear; twelve prompts of the same outcomes unless told. */
export const sampleCast: DriftCast = { newcomer: 2, incumbents: [0, 1, 3], workhorse: 1, dearest: 3 }

export const sampleGoal: OnlineGoal = { lambda: undefined, budgetUsd: 3, costReferenceUsd: 10 }

export function sampleOutcomes(prompts: number, quality: readonly number[] = [0.4, 0.8, 0.85, 0.9]): OutcomeData {
  const cells = (row: readonly number[]) => Float64Array.from({ length: prompts * 4 }, (_, cell) => row[cell % 4]!)
  const unknown = cells([Number.NaN, Number.NaN, Number.NaN, Number.NaN])
  return {
    name: 'sample',
    prompts: Array.from({ length: prompts }, (_, row) => ({
      id: `p${row}`,
      source: '',
      text: `prompt ${row}`,
      extra: {},
    })),
    llms: [1, 2, 3, 10].map((price, llm) => ({
      id: `llm-${llm}`,
      price: { inputPerMillionTokensUsd: price, outputPerMillionTokensUsd: price },
      base: `llm-${llm}`,
      extra: {},
    })),
    quality: cells(quality),
    costUsd: cells([1, 2, 3, 10]),
    inputTokens: unknown,
    outputTokens: cells([10, 20, 30, Number.NaN]),
    latencyMs: unknown,
  }
}

export function sampleStream(change: DriftScenario, prompts = 12, data = sampleOutcomes(prompts)): DriftStream {
  const order = Int32Array.from({ length: prompts }, (_, row) => row)
  return new DriftStream(data, order, { change, goal: sampleGoal }, sampleCast)
}
