import type { RoutingContext } from '../../../routing/embedding/routing-context.ts'
import type { RandomSource } from '../../../routing/numeric/random-source.ts'
import type { OnlinePolicy, OnlineRequest } from '../../online/online-policy.ts'
import type { DriftStream } from './drift-stream.ts'

/** A prompt of the stream as a policy meets it. */
export interface StreamPrompt {
  readonly context: RoutingContext
  readonly text: string
  readonly inputTokens: number
}

/**
 * Streams the prompts through a policy. It is told what everybody sees, and of outcomes its own choices' alone, as many steps
 * late as the stream says.
 *
 * @param promptOf by row of the data set.
 * @returns the LLM chosen at each step.
 * @throws {Error} when it chooses an LLM that is not in the pool.
 */
export function replayPolicy(
  stream: DriftStream,
  policy: OnlinePolicy,
  promptOf: (row: number) => StreamPrompt,
  random: RandomSource,
): Uint16Array {
  const choices = new Uint16Array(stream.length)
  const asked: OnlineRequest[] = []
  for (let step = 0; step < stream.length; step++) {
    announce(stream, step, policy)
    const row = stream.order[step]!
    const request = { prompt: row, ...promptOf(row), candidates: stream.candidates(step) }
    const llm = policy.choose(request, random)
    if (!request.candidates.includes(llm)) throw new Error(`A policy chose LLM ${llm}, which is not in the pool`)
    choices[step] = llm
    asked.push(request)
    const outputTokens = stream.outputTokens(step, llm)
    policy.billed?.(request, { llm, costUsd: stream.costUsd(step, llm), outputTokens })
    const due = step - stream.delay
    if (due < 0 || !stream.isJudged(due)) continue
    const answered = choices[due]!
    policy.learn(asked[due]!, {
      llm: answered,
      quality: stream.quality(due, answered),
      satisfied: undefined,
      costUsd: stream.costUsd(due, answered),
      outputTokens: stream.outputTokens(due, answered),
    })
  }
  return choices
}

function announce(stream: DriftStream, step: number, policy: OnlinePolicy): void {
  for (const event of stream.events(step)) {
    if (event.kind === 'price') policy.priceChanged(event.llm, event.factor)
    else if (event.kind === 'added') policy.llmAdded(event.llm, event.price)
    else policy.llmRemoved(event.llm)
  }
}
