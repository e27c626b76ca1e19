import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { TokenUsage } from '../../routing/registry/token-price.ts'
import { usageBody } from '../neutral/neutral-answer.ts'
import { parseUsage } from './usage.ts'

describe('parseUsage', () => {
  it.each([
    ['OpenAI', { prompt_tokens: 10, completion_tokens: 4 }, { inputTokens: 10, outputTokens: 4 }],
    [
      'OpenAI with details',
      {
        prompt_tokens: 2006,
        completion_tokens: 300,
        total_tokens: 2306,
        prompt_tokens_details: { cached_tokens: 1920 },
        completion_tokens_details: { reasoning_tokens: 250 },
      },
      { inputTokens: 2006, outputTokens: 300, cachedInputTokens: 1920, reasoningTokens: 250 },
    ],
    [
      'DeepSeek',
      { prompt_tokens: 100, completion_tokens: 5, prompt_cache_hit_tokens: 64, prompt_cache_miss_tokens: 36 },
      { inputTokens: 100, outputTokens: 5, cachedInputTokens: 64 },
    ],
    [
      'xAI, reasoning beside the completion',
      {
        prompt_tokens: 10,
        completion_tokens: 4,
        total_tokens: 114,
        completion_tokens_details: { reasoning_tokens: 100 },
      },
      { inputTokens: 10, outputTokens: 104, reasoningTokens: 100 },
    ],
    [
      'OpenRouter, with its bill',
      { prompt_tokens: 10, completion_tokens: 4, cost: 0.00014, prompt_tokens_details: { cache_write_tokens: 8 } },
      { inputTokens: 10, outputTokens: 4, cacheWriteTokens: 8, costUsd: 0.00014 },
    ],
    [
      'OpenRouter on a key of one’s own',
      {
        prompt_tokens: 1,
        completion_tokens: 1,
        cost: 0.001,
        is_byok: true,
        cost_details: { upstream_inference_cost: 0.02 },
      },
      { inputTokens: 1, outputTokens: 1, costUsd: 0.021 },
    ],
    [
      'OpenRouter on a key of one’s own, without what that key was billed',
      { prompt_tokens: 1, completion_tokens: 1, cost: 0, is_byok: true },
      { inputTokens: 1, outputTokens: 1, unpriced: ['is_byok'] },
    ],
    [
      'xAI, with its bill',
      { prompt_tokens: 32, completion_tokens: 9, num_sources_used: 2, cost_in_usd_ticks: 37_756_000 },
      { inputTokens: 32, outputTokens: 9, unpriced: ['num_sources_used'], costUsd: 0.0037756 },
    ],
    [
      'a total above its parts',
      { prompt_tokens: 10, completion_tokens: 4, total_tokens: 50 },
      { inputTokens: 10, outputTokens: 4, unpriced: ['uncounted_tokens'] },
    ],
    [
      'a total above its parts, reasoning beside them or not',
      {
        prompt_tokens: 10,
        completion_tokens: 4,
        total_tokens: 50,
        completion_tokens_details: { reasoning_tokens: 3 },
      },
      { inputTokens: 10, outputTokens: 4, reasoningTokens: 3, unpriced: ['uncounted_tokens'] },
    ],
    ['half a token', { prompt_tokens: 10.5, completion_tokens: 4 }, undefined],
    [
      'OpenAI, spoken',
      {
        prompt_tokens: 100,
        completion_tokens: 50,
        prompt_tokens_details: { cached_tokens: 0, audio_tokens: 60 },
        completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 40 },
      },
      {
        inputTokens: 100,
        outputTokens: 50,
        cachedInputTokens: 0,
        reasoningTokens: 0,
        audioInputTokens: 60,
        audioOutputTokens: 40,
      },
    ],
    [
      'xAI, with sources searched',
      { prompt_tokens: 10, completion_tokens: 4, num_sources_used: 3 },
      { inputTokens: 10, outputTokens: 4, unpriced: ['num_sources_used'] },
    ],
    ['a lone output count', { completion_tokens: 4 }, { inputTokens: 0, outputTokens: 4 }],
    [
      'a bill no call can cost',
      { prompt_tokens: 1, completion_tokens: 1, cost: 1e12 },
      { inputTokens: 1, outputTokens: 1 },
    ],
    ['a negative bill', { prompt_tokens: 1, completion_tokens: 1, cost: -1 }, { inputTokens: 1, outputTokens: 1 }],
    [
      'a bill that is no number',
      { prompt_tokens: 1, completion_tokens: 1, cost: Number.NaN },
      { inputTokens: 1, outputTokens: 1 },
    ],
    [
      'the dearest bill',
      { prompt_tokens: 1, completion_tokens: 1, cost: 10_000 },
      { inputTokens: 1, outputTokens: 1, costUsd: 10_000 },
    ],
    [
      'a bill of which one part is nonsense',
      {
        prompt_tokens: 1,
        completion_tokens: 1,
        cost: 1,
        is_byok: true,
        cost_details: { upstream_inference_cost: 1e12 },
      },
      { inputTokens: 1, outputTokens: 1, unpriced: ['is_byok'] },
    ],
    ['the most tokens', { prompt_tokens: 1e9, completion_tokens: 4 }, { inputTokens: 1e9, outputTokens: 4 }],
    ['too many tokens', { prompt_tokens: 1e30, completion_tokens: 4 }, undefined],
    ['tokens below none', { prompt_tokens: 10, completion_tokens: -4 }, undefined],
    ['no input beside output', { prompt_tokens: null, completion_tokens: 4 }, { inputTokens: 0, outputTokens: 4 }],
    [
      'details that are nonsense',
      { prompt_tokens: 10, completion_tokens: 4, prompt_tokens_details: { cached_tokens: 1e30 } },
      { inputTokens: 10, outputTokens: 4 },
    ],
    ['none', null, undefined],
    ['empty', {}, undefined],
    ['nonsense', { prompt_tokens: '10', completion_tokens: -1 }, undefined],
  ])('reads %s', (_name, wire, expected) => {
    expect(parseUsage(wire)).toEqual(expected)
  })
})

it('reads what we write', () => {
  const tokens = fc.integer({ min: 0, max: 1e6 })
  // None spoken is the same as not saying so.
  const spoken = fc.integer({ min: 1, max: 1e6 })
  const usage: fc.Arbitrary<TokenUsage> = fc.record(
    {
      inputTokens: tokens,
      outputTokens: tokens,
      cachedInputTokens: tokens,
      cacheWriteTokens: tokens,
      cacheWrite1hTokens: tokens,
      reasoningTokens: tokens,
      audioInputTokens: spoken,
      audioOutputTokens: spoken,
      costUsd: fc.double({ min: 0, max: 10_000, noNaN: true }),
    },
    { requiredKeys: ['inputTokens', 'outputTokens'] },
  )
  fc.assert(
    fc.property(usage, (said) => {
      expect(parseUsage(usageBody(said))).toEqual(said)
    }),
  )
})
