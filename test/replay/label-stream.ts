import type { OutcomeData } from '../../src/outcomes/outcome-data.ts'
import { SeededRandom, shuffle } from '../../src/routing/numeric/random-source.ts'
import { CompletionTimeModel } from '../../src/routing/prediction/completion-time-model.ts'
import { LlmRegistry } from '../../src/routing/registry/llm-registry.ts'
import { Router, type RouterOptions } from '../../src/routing/router.ts'
import type { RoutingPolicy } from '../../src/routing/routing-policy.ts'
import { recordedPool, recordedRequest } from './recorded-pool.ts'

export interface StreamOptions {
  readonly lambda: number
  readonly seed: number
  /** What comes back after each answer: the recorded quality, a thumb drawn with it as probability, or nothing. */
  readonly feedback: 'score' | 'thumbs' | undefined
  readonly router?: Partial<RouterOptions>
  /** Quality of the LLM at `llm` at step `step` of the stream; by default what was recorded. */
  readonly qualityAt?: (recorded: number, llm: number, step: number) => number
}

/** What happened at one step of a stream. */
export interface StreamStep {
  /** Row of the data set. */
  readonly prompt: number
  /** Column of the LLM that answered. */
  readonly llm: number
  readonly quality: number
  readonly costUsd: number
}

/** Sends the prompts of a data set through a router in a seeded order, one label behind each answer. */
export async function runStream(
  data: OutcomeData,
  policy: RoutingPolicy,
  options: StreamOptions,
): Promise<readonly StreamStep[]> {
  const pool = new LlmRegistry(recordedPool(data))
  const column = new Map(data.llms.map((llm, i) => [llm.id, i]))
  let ids = 0
  const router = new Router(
    {
      pool,
      policy,
      times: new CompletionTimeModel(),
      random: new SeededRandom(options.seed),
      clock: { now: () => 0 },
      newId: () => `d${ids++}`,
    },
    options.router,
  )
  const thumbs = new SeededRandom(options.seed ^ 0x2545f491)
  const steps: StreamStep[] = []
  for (const prompt of streamOrder(data.prompts.length, options.seed)) {
    const request = recordedRequest(data.prompts[prompt]!.text, options.lambda)
    const decision = await router.route(request, { keyId: undefined, budgetUsd: undefined })
    const llm = column.get(decision.drawn)!
    const cell = prompt * data.llms.length + llm
    const recorded = data.quality[cell]!
    const quality = options.qualityAt?.(recorded, llm, steps.length) ?? recorded
    const costUsd = data.costUsd[cell]!
    steps.push({ prompt, llm, quality, costUsd })
    router.recordOutcome(decision, {
      decisionId: decision.id,
      settledAtMs: 0,
      status: 'completed',
      answered: decision.drawn,
      reportedModel: undefined,
      usage: undefined,
      costNanoUsd: Math.round(costUsd * 1e9),
      billedNanoUsd: Math.round(costUsd * 1e9),
      streamed: false,
      timeToFirstTokenMs: undefined,
      completionMs: 0,
      overheadMs: 0,
      attempts: [],
    })
    if (options.feedback === undefined) continue
    const value = options.feedback === 'score' ? quality : Number(thumbs.next() < quality)
    router.learn({
      sequence: steps.length,
      decisionId: decision.id,
      llm: decision.drawn,
      context: decision.context,
      offlineQuality: decision.candidates.find((candidate) => candidate.llm === decision.drawn)?.offlineQuality,
      source: 'replay',
      kind: options.feedback,
      value,
      weight: 1,
      noise: undefined,
      revises: undefined,
    })
  }
  return steps
}

/** A seeded permutation of the rows. */
export function streamOrder(rows: number, seed: number): Int32Array {
  const order = Int32Array.from({ length: rows }, (_, row) => row)
  shuffle(order, new SeededRandom(seed ^ 0x5bd1e995))
  return order
}
