import { expect, it } from 'vitest'
import { mergedUsage, parseMessagesUsage } from './messages-usage.ts'

it.each([
  ['fresh tokens', { input_tokens: 5, output_tokens: 2 }, { inputTokens: 5, outputTokens: 2 }],
  [
    'all kinds',
    {
      input_tokens: 5,
      cache_read_input_tokens: 10,
      cache_creation_input_tokens: 20,
      cache_creation: { ephemeral_5m_input_tokens: 8, ephemeral_1h_input_tokens: 12 },
      output_tokens: 30,
      output_tokens_details: { thinking_tokens: 25 },
      service_tier: 'standard',
      speed: 'standard',
      inference_geo: 'global',
      server_tool_use: { web_search_requests: 0, web_fetch_requests: 4 },
    },
    {
      inputTokens: 35,
      outputTokens: 30,
      cachedInputTokens: 10,
      cacheWriteTokens: 20,
      cacheWrite1hTokens: 12,
      reasoningTokens: 25,
    },
  ],
  [
    'what is billed beside the list',
    {
      input_tokens: 1,
      output_tokens: 1,
      server_tool_use: { web_search_requests: 2 },
      service_tier: 'priority',
      speed: 'fast',
      inference_geo: 'us',
      iterations: [{ type: 'compaction' }, { type: 'message' }],
    },
    {
      inputTokens: 1,
      outputTokens: 1,
      unpriced: ['web_search_requests', 'service_tier:priority', 'speed:fast', 'inference_geo:us', 'iterations'],
    },
  ],
  ['nulls', { input_tokens: 1, output_tokens: 0, cache_creation: null }, { inputTokens: 1, outputTokens: 0 }],
  ['half a count', { input_tokens: 1, output_tokens: null }, undefined],
  ['the other half', { output_tokens: 5 }, undefined],
  [
    'cache writes of no number',
    { input_tokens: 1, output_tokens: 1, cache_creation: { ephemeral_1h_input_tokens: -1 } },
    undefined,
  ],
  [
    'a credit',
    { input_tokens: 1, output_tokens: 1, fallback_credit: { tokens: 1 } },
    { inputTokens: 1, outputTokens: 1, unpriced: ['fallback_credit'] },
  ],
  ['a negative count', { input_tokens: -1, output_tokens: 2 }, undefined],
  ['a count beyond belief', { input_tokens: 1, cache_read_input_tokens: 1e12, output_tokens: 2 }, undefined],
  ['no count', {}, undefined],
  ['no object', 7, undefined],
])('reads %s', (_name, usage, expected) => {
  expect(parseMessagesUsage(usage)).toEqual(expected)
})

it('takes later figures for earlier ones, and nulls for silence', () => {
  const start = { input_tokens: 9, output_tokens: 1, service_tier: 'standard' }
  expect(mergedUsage(start, { input_tokens: null, output_tokens: 8 })).toEqual({ ...start, output_tokens: 8 })
  expect(mergedUsage(start, undefined)).toBe(start)
})
