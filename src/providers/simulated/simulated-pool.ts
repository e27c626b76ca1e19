import type { Llm, LlmId } from '../../routing/registry/llm.ts'
import { unknownLlmProperties } from '../../routing/registry/llm.ts'
import type { TokenPrice } from '../../routing/registry/token-price.ts'
import type { TaskKindName } from './tasks/task-kind.ts'

/** The provider entry that serves the simulated pool. */
export const simulatedProviderName = 'simulated'

/** Share of its own stated time that the pool takes, so that trying it out is no waiting. */
export const defaultTimeScale = 0.1

/** Invented, and labelled so, at real time: prices and speeds of the orders that real LLMs have, skills that differ by kind of task. */
export interface SimulatedLlm {
  readonly id: LlmId
  readonly price: TokenPrice
  readonly contextWindowTokens: number
  readonly timeToFirstTokenMs: number
  readonly tokensPerSecond: number
  /** Hidden reasoning tokens per answer; they are billed. */
  readonly reasoningTokens: number
  /** Probability of the right answer. */
  readonly skill: Readonly<Record<TaskKindName, number>>
}

export const simulatedPool: readonly SimulatedLlm[] = [
  {
    id: 'sim/small',
    price: { inputPerMillionTokensUsd: 0.05, outputPerMillionTokensUsd: 0.2 },
    contextWindowTokens: 32_000,
    timeToFirstTokenMs: 150,
    tokensPerSecond: 180,
    reasoningTokens: 0,
    skill: {
      arithmetic: 0.7,
      dates: 0.35,
      units: 0.6,
      strings: 0.45,
      json_extraction: 0.9,
      code_output: 0.25,
      logic: 0.4,
    },
  },
  {
    id: 'sim/code',
    price: { inputPerMillionTokensUsd: 0.3, outputPerMillionTokensUsd: 0.9 },
    contextWindowTokens: 128_000,
    timeToFirstTokenMs: 250,
    tokensPerSecond: 120,
    reasoningTokens: 0,
    skill: {
      arithmetic: 0.75,
      dates: 0.45,
      units: 0.65,
      strings: 0.88,
      json_extraction: 0.95,
      code_output: 0.94,
      logic: 0.5,
    },
  },
  {
    id: 'sim/medium',
    price: { inputPerMillionTokensUsd: 0.6, outputPerMillionTokensUsd: 2.4, cachedInputPerMillionTokensUsd: 0.15 },
    contextWindowTokens: 128_000,
    timeToFirstTokenMs: 350,
    tokensPerSecond: 100,
    reasoningTokens: 0,
    skill: {
      arithmetic: 0.88,
      dates: 0.72,
      units: 0.88,
      strings: 0.7,
      json_extraction: 0.95,
      code_output: 0.65,
      logic: 0.7,
    },
  },
  {
    id: 'sim/large',
    price: { inputPerMillionTokensUsd: 3, outputPerMillionTokensUsd: 15, cachedInputPerMillionTokensUsd: 0.3 },
    contextWindowTokens: 200_000,
    timeToFirstTokenMs: 700,
    tokensPerSecond: 60,
    reasoningTokens: 0,
    skill: {
      arithmetic: 0.95,
      dates: 0.92,
      units: 0.95,
      strings: 0.87,
      json_extraction: 0.98,
      code_output: 0.85,
      logic: 0.88,
    },
  },
  {
    id: 'sim/reasoner',
    price: { inputPerMillionTokensUsd: 2, outputPerMillionTokensUsd: 8, cachedInputPerMillionTokensUsd: 0.5 },
    contextWindowTokens: 200_000,
    timeToFirstTokenMs: 3000,
    tokensPerSecond: 90,
    reasoningTokens: 400,
    skill: {
      arithmetic: 0.99,
      dates: 0.97,
      units: 0.97,
      strings: 0.94,
      json_extraction: 0.96,
      code_output: 0.96,
      logic: 0.98,
    },
  },
]

/**
 * The pool as the registry takes it. Skills are left out: they are what routing is to find out.
 *
 * @param provider name of the provider entry that serves it.
 * @param timeScale that provider's; speeds are stated as they will be met.
 */
export function simulatedLlms(
  provider: string = simulatedProviderName,
  timeScale: number = defaultTimeScale,
): readonly Llm[] {
  return simulatedPool.map((llm) => ({
    ...unknownLlmProperties,
    id: llm.id,
    provider,
    upstreamModel: llm.id,
    price: llm.price,
    capabilities: {
      contextWindowTokens: llm.contextWindowTokens,
      maxOutputTokens: 8192,
      // It may be offered tools, and never calls one; the answer's header says so.
      tools: true,
      vision: false,
      audio: false,
      files: false,
      jsonSchema: false,
      reasoning: llm.reasoningTokens > 0,
    },
    tags: ['simulated'],
    timeToFirstTokenMs: llm.timeToFirstTokenMs * timeScale,
    tokensPerSecond: timeScale > 0 ? llm.tokensPerSecond / timeScale : undefined,
  }))
}
