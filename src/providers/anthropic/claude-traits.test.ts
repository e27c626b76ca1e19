import { expect, it } from 'vitest'
import { type ClaudeEffort, claudeTraits, nearestEffort } from './claude-traits.ts'

it.each([
  ['claude-3-haiku-20240307', { sampling: 'all', thinkingBudget: false, defaultMaxTokens: 4096 }],
  ['claude-3-5-sonnet-20241022', { thinkingBudget: false, defaultMaxTokens: 8192 }],
  ['claude-3-7-sonnet-latest', { sampling: 'all', thinkingBudget: true, adaptiveThinking: false }],
  ['claude-opus-4-20250514', { sampling: 'all', thinkingBudget: true, efforts: [] }],
  ['claude-opus-4@20250514', { sampling: 'all', thinkingBudget: true, efforts: [] }],
  ['claude-opus-4-1-20250805', { sampling: 'one' }],
  ['claude-haiku-4-5-20251001', { sampling: 'one', efforts: [], thinkingBudget: true }],
  ['claude-opus-4-5', { efforts: ['low', 'medium', 'high'], adaptiveThinking: false }],
  ['anthropic.claude-sonnet-4-6-v1:0', { adaptiveThinking: true, thinkingBudget: true, sampling: 'one' }],
  ['anthropic/claude-opus-4.7', { sampling: 'none', thinkingBudget: false, thinksByDefault: false }],
  ['claude-opus-5', { thinksByDefault: true, thinkingOff: 'disabled', forcedToolChoice: true }],
  ['claude-haiku-5-5', { thinksByDefault: true, thinkingOff: 'disabled', forcedToolChoice: true }],
  ['claude-sonnet-5-5', { thinkingOff: 'between_tools', forcedToolChoice: false }],
  ['claude-opus-5-5', { thinkingOff: undefined, forcedToolChoice: false }],
  ['claude-fable-5', { thinkingOff: undefined, thinksByDefault: true }],
  ['claude-mythos-preview', { thinkingOff: undefined, sampling: 'none' }],
  ['claude-opus-5-10', { thinkingOff: undefined, sampling: 'none' }],
  ['claude-opus-latest', { thinkingOff: undefined, forcedToolChoice: false }],
  ['claude-sonnet-latest', { thinkingOff: 'between_tools' }],
  ['claude-nova-6', { sampling: 'none', adaptiveThinking: true, thinkingOff: undefined, forcedToolChoice: false }],
  ['claude-2.1', { thinkingBudget: false }],
  ['claude-instant-1.2', { thinkingBudget: false }],
  ['kimi-k3', { sampling: 'all', thinkingBudget: true }],
])('knows %s', (model, traits) => {
  expect(claudeTraits(model)).toMatchObject(traits)
})

it.each<[string, readonly ClaudeEffort[], ClaudeEffort | undefined]>([
  ['minimal', ['low', 'high'], 'low'],
  ['medium', ['low', 'high'], 'low'],
  ['xhigh', ['low', 'high', 'max'], 'high'],
  ['max', ['low', 'max'], 'max'],
  ['high', [], undefined],
  ['enormous', ['low'], undefined],
])('takes %s of %j for %s', (asked, efforts, nearest) => {
  expect(nearestEffort(asked, efforts)).toBe(nearest)
})
