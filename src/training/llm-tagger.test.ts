import { describe, expect, it } from 'vitest'
import { ProviderError } from '../providers/provider-error.ts'
import { type ScriptedAnswer, ScriptedProvider, scriptedCompletion } from '../providers/scripted/scripted-provider.ts'
import { LlmTagger, parseTags } from './llm-tagger.ts'

const signal = new AbortController().signal
const says = (text: string): ScriptedAnswer => ({ completion: scriptedCompletion(text) })

function taggerOf(answers: readonly ScriptedAnswer[], options: { readonly mostTags?: number } = {}) {
  const provider = new ScriptedProvider({ answers })
  return { provider, tagger: new LlmTagger({ provider, upstreamModel: 'tagger', ...options }) }
}

describe('LlmTagger', () => {
  it('reads the tags, with or without explanations and words around them', async () => {
    const answer = 'Sure:\n```json\n[{"tag": "Code Debugging", "explanation": "a loop"}, "python"]\n```'
    const { provider, tagger } = taggerOf([says(answer)])
    expect(await tagger.tag('Why does my loop never end?', signal)).toEqual(['code-debugging', 'python'])
    expect(provider.calls[0]!.upstreamModel).toBe('tagger')
    expect(JSON.stringify(provider.calls[0]!.request)).toContain('Why does my loop never end?')
  })

  it('asks again about an answer that is no list, showing what was wrong', async () => {
    const { provider, tagger } = taggerOf([says('I think it is about cooking.'), says('["cooking"]')])
    expect(await tagger.tag('How long do eggs boil?', signal)).toEqual(['cooking'])
    expect(provider.calls).toHaveLength(2)
    expect(provider.calls[0]!.request.messages).toHaveLength(2)
    expect(provider.calls[1]!.request.messages.at(-2)).toEqual({
      role: 'assistant',
      content: 'I think it is about cooking.',
    })
    expect(tagger.unreadable).toBe(0)
  })

  it('gives no tags, and counts it, when no attempt can be read', async () => {
    const { provider, tagger } = taggerOf([says('[1, 2')])
    expect(await tagger.tag('x', signal)).toEqual([])
    expect(provider.calls).toHaveLength(3)
    expect(tagger.unreadable).toBe(1)
  })

  it('asks once about equal texts, at the same time or later', async () => {
    const { provider, tagger } = taggerOf([says('["a"]'), says('["b"]')])
    const [first, second] = await Promise.all([tagger.tag('same', signal), tagger.tag('same', signal)])
    expect(first).toBe(second)
    expect(await tagger.tag('same', signal)).toEqual(['a'])
    expect(await tagger.tag('other', signal)).toEqual(['b'])
    expect(provider.calls).toHaveLength(2)
  })

  it('passes a failure on and forgets it', async () => {
    const { tagger } = taggerOf([{ error: new ProviderError('aborted', 'gone') }, says('["a"]')])
    await expect(tagger.tag('x', signal)).rejects.toThrow('gone')
    expect(await tagger.tag('x', signal)).toEqual(['a'])
  })

  it('keeps the first tags only', async () => {
    const { tagger } = taggerOf([says('["a", "b", "c"]')], { mostTags: 2 })
    expect(await tagger.tag('x', signal)).toEqual(['a', 'b'])
  })
})

describe('parseTags', () => {
  it('spells tags alike and drops what is none', () => {
    const answer = JSON.stringify([' C++ ', 'c++', { tag: 'Data  Analysis!' }, { name: 'x' }, 7, '', 'y'.repeat(41)])
    expect(parseTags(answer)).toEqual(['c++', 'data-analysis'])
  })

  it('tells an empty list from none', () => {
    expect(parseTags('[]')).toEqual([])
    expect(parseTags('no list')).toBeUndefined()
    expect(parseTags('] [')).toBeUndefined()
  })
})
