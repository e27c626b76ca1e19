import { expect, it } from 'vitest'
import { parseConverseUsage } from './converse-usage.ts'

const claude = 'anthropic.claude-opus-4-6-v1'
const gpt = 'us.openai.gpt-5.6-luna'

it('adds up what AWS counts beside each other', () => {
  const usage = {
    inputTokens: 10,
    outputTokens: 5,
    totalTokens: 145,
    cacheReadInputTokens: 100,
    cacheWriteInputTokens: 30,
    cacheDetails: [
      { ttl: '1h', inputTokens: 20 },
      { ttl: '5m', inputTokens: 10 },
    ],
  }
  expect(parseConverseUsage({ usage }, claude)).toEqual({
    inputTokens: 140,
    outputTokens: 5,
    cachedInputTokens: 100,
    cacheWriteTokens: 30,
    cacheWrite1hTokens: 20,
  })
})

it('does not know the price of cached tokens that may be counted twice', () => {
  // As measured at a stream of GPT-5.6; the whole answer to the same prompt said 2 of fresh input.
  const usage = { inputTokens: 4995, outputTokens: 19, totalTokens: 10_007, cacheWriteInputTokens: 4993 }
  expect(parseConverseUsage({ usage }, gpt)).toMatchObject({ inputTokens: 4995, unpriced: ['cached_input'] })
  expect(parseConverseUsage({ usage: { ...usage, inputTokens: 2 } }, gpt)).toEqual({
    inputTokens: 4995,
    outputTokens: 19,
    cacheWriteTokens: 4993,
  })
  expect(parseConverseUsage({ usage: { inputTokens: 7, outputTokens: 1 } }, gpt)?.unpriced).toBeUndefined()
})

it('marks what has a price of its own', () => {
  const usage = { inputTokens: 1, outputTokens: 1 }
  const marks = (fields: object) => parseConverseUsage({ usage, ...fields }, claude)?.unpriced
  expect(marks({ serviceTier: { type: 'default' }, performanceConfig: { latency: 'standard' } })).toBeUndefined()
  expect(marks({ serviceTier: { type: 'priority' } })).toEqual(['service_tier:priority'])
  expect(marks({ performanceConfig: { latency: 'optimized' } })).toEqual(['latency:optimized'])
})

it.each([
  [undefined],
  ['many'],
  [{}],
  [{ inputTokens: 1 }],
  [{ inputTokens: -1, outputTokens: 1 }],
  [{ inputTokens: 1, outputTokens: '1' }],
  [{ inputTokens: 1, outputTokens: 1, cacheReadInputTokens: 1e12 }],
])('takes no half or impossible count: %j', (usage) => {
  expect(parseConverseUsage({ usage }, claude)).toBeUndefined()
})
