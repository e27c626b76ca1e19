import { describe, expect, test } from 'vitest'
import { unknownLlmProperties } from '../../routing/registry/llm.ts'
import { LlmRegistry } from '../../routing/registry/llm-registry.ts'
import { resolveModelName } from './model-name.ts'

function llm(id: string) {
  return { ...unknownLlmProperties, id, provider: 'p', upstreamModel: id }
}

const pool = new LlmRegistry(['openai/gpt-4o', 'openai/gpt-4o-mini', 'groq/llama-3.3-70b'].map(llm))

describe('resolveModelName', () => {
  test('pins an LLM of the pool', () => {
    expect(resolveModelName('openai/gpt-4o', pool)).toEqual({ pinnedLlm: 'openai/gpt-4o', preference: {} })
  })

  test('lets the router choose for auto, under the preference in the name', () => {
    expect(resolveModelName('auto', pool)).toEqual({ pinnedLlm: undefined, preference: {} })
    expect(resolveModelName('auto:cost', pool)).toEqual({ pinnedLlm: undefined, preference: { lambda: 0.2 } })
  })

  test('an LLM that happens to be named like a preference is that LLM', () => {
    const own = new LlmRegistry([llm('auto:cost')])
    expect(resolveModelName('auto:cost', own).pinnedLlm).toBe('auto:cost')
  })

  test('reads aliases: an LLM or a form of auto before them, a whole name before a beginning, the longest beginning', () => {
    const named = new LlmRegistry(
      [llm('a'), llm('b')],
      [
        ['a', 'b'],
        ['claude-*', 'auto:cost'],
        ['claude-haiku-*', 'a'],
        ['claude-haiku-4', 'b'],
        ['old', 'gone'],
      ],
    )
    expect(resolveModelName('a', named).pinnedLlm).toBe('a')
    expect(resolveModelName('claude-opus', named)).toEqual({ pinnedLlm: undefined, preference: { lambda: 0.2 } })
    expect(resolveModelName('claude-haiku-4-5', named).pinnedLlm).toBe('a')
    expect(resolveModelName('claude-haiku-4', named).pinnedLlm).toBe('b')
    expect(() => resolveModelName('old', named)).toThrow("'old' stands for 'gone', which is not in the pool")
  })

  test.each([
    ['gpt-4o-mini', "'openai/gpt-4o-mini'"],
    ['openai/gpt-40', "'openai/gpt-4o'"],
    ['autp', "'auto'"],
    ['claude-sonnet', '/v1/models'],
  ])('for %s suggests %s', (name, hint) => {
    expect(() => resolveModelName(name, pool)).toThrow(hint)
    expect(() => resolveModelName(name, pool)).toThrow(
      expect.objectContaining({ code: 'model_not_found', param: 'model' }),
    )
  })
})

test('an alias may be a choice among some LLMs', () => {
  const llms = ['gpt#1', 'gpt#2'].map((id) => ({ ...unknownLlmProperties, id, provider: 'p', upstreamModel: id }))
  const pool = new LlmRegistry(llms, [['gpt', 'auto:cost', ['gpt#1', 'gpt#2']]])
  expect(resolveModelName('gpt', pool)).toEqual({
    pinnedLlm: undefined,
    preference: { lambda: 0.2, allow: ['gpt#1', 'gpt#2'] },
  })
})
