import type { Grader } from '../../grading/grader.ts'
import type { ChatCall, ChatCompletion, ChatProvider } from '../../providers/chat-provider.ts'
import { type Llm, unknownLlmProperties } from '../../routing/registry/llm.ts'
import type { TokenUsage } from '../../routing/registry/token-price.ts'
import type { ProbedLlm } from '../ask-probe.ts'
import type { Probe } from '../probe.ts'
import type { ProbeBooks, ProbeCallEnd } from '../probe-books.ts'
import type { GradableProbe } from '../probe-run.ts'

/** One USD per million tokens, in and out. */
const dollarPrice = { inputPerMillionTokensUsd: 1, outputPerMillionTokensUsd: 1 }

export const newcomer: Llm = {
  ...unknownLlmProperties,
  id: 'new',
  provider: 'p',
  upstreamModel: 'new-1',
  price: dollarPrice,
}

/** `count` probes whose right answer is "right", with room for 10 tokens. */
export function simpleProbes(count: number, task = (_index: number) => 'kind'): GradableProbe[] {
  return Array.from({ length: count }, (_, index) => {
    const probe: Probe = {
      id: `p${index}`,
      task: task(index),
      template: undefined,
      request: { messages: [{ role: 'user', content: `question ${index}` }], max_tokens: 10 },
      grader: { kind: 'exact', answers: ['right'] },
      reference: undefined,
    }
    return { probe, grader: rightGrader }
  })
}

const rightGrader: Grader = {
  grade: async ({ text }) => ({ quality: text === 'right' ? 1 : 0 }),
}

export type AnswerCall = (
  call: ChatCall,
  index: number,
  signal: AbortSignal,
) => Promise<ChatCompletion> | ChatCompletion

/** Calls answered by `answer`, which may throw. Counts how many are open at once. */
export class ScriptedNewcomer implements ChatProvider {
  readonly calls: ChatCall[] = []
  open = 0
  mostOpen = 0
  readonly #answer: AnswerCall

  constructor(answer: AnswerCall) {
    this.#answer = answer
  }

  async complete(call: ChatCall, signal: AbortSignal): Promise<ChatCompletion> {
    const index = this.calls.push(call) - 1
    this.open++
    this.mostOpen = Math.max(this.mostOpen, this.open)
    try {
      return await this.#answer(call, index, signal)
    } finally {
      this.open--
    }
  }

  async *stream(): AsyncGenerator<never> {}

  async probe(): Promise<{ readonly models: readonly string[] }> {
    return { models: [] }
  }

  async close(): Promise<void> {}
}

export function probed(provider: ChatProvider, llm: Llm = newcomer): ProbedLlm {
  return { llm, provider, priceOf: () => llm.price }
}

/** An answer of that text; by default one nano-USD per token: 1,000 + 10 tokens. */
export function says(content: string, usage: TokenUsage = { inputTokens: 1_000, outputTokens: 10 }): ChatCompletion {
  return { body: { choices: [{ message: { role: 'assistant', content } }] }, usage, reportedModel: 'new-1' }
}

/** Books in memory. `allows`: whether a further call is let in. */
export class MemoryBooks implements ProbeBooks {
  readonly opened: number[] = []
  readonly ends: ProbeCallEnd[] = []
  readonly #allows: (index: number) => boolean

  constructor(allows: (index: number) => boolean = () => true) {
    this.#allows = allows
  }

  async open(_llm: string, nanoUsd: number) {
    if (!this.#allows(this.opened.length)) return undefined
    this.opened.push(nanoUsd)
    return async (end: ProbeCallEnd) => void this.ends.push(end)
  }
}
