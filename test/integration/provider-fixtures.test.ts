import { readdirSync, readFileSync } from 'node:fs'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ChatEvent } from '../../src/providers/chat-provider.ts'
import { OpenAiCompatibleProvider } from '../../src/providers/openai-compatible/openai-compatible-provider.ts'
import type { TokenUsage } from '../../src/routing/registry/token-price.ts'
import { ScriptedUpstream } from './scripted-upstream.ts'

const folder = new URL('../../src/providers/openai-compatible/__fixtures__/', import.meta.url)
const fixtures = readdirSync(folder).filter((name) => name.endsWith('.sse'))
const messages = [{ role: 'user' as const, content: 'hello' }]

interface Expected {
  readonly text: string
  readonly finish: string
  readonly usage: TokenUsage
}

/** What each stream says, read off by hand. */
const expected: Readonly<Record<string, Expected>> = {
  'openai-text.sse': {
    text: 'Hello, world!',
    finish: 'stop',
    usage: { inputTokens: 1040, outputTokens: 4, cachedInputTokens: 1024, reasoningTokens: 0 },
  },
  'openai-tool-calls.sse': { text: '', finish: 'tool_calls', usage: { inputTokens: 82, outputTokens: 31 } },
  'deepseek-reasoning.sse': {
    text: '4',
    finish: 'stop',
    usage: { inputTokens: 18, outputTokens: 15, cachedInputTokens: 0, reasoningTokens: 13 },
  },
  'openrouter-text.sse': {
    text: 'Grüße aus Köln',
    finish: 'stop',
    usage: { inputTokens: 14, outputTokens: 9, cachedInputTokens: 0, reasoningTokens: 0, costUsd: 0.000177 },
  },
  'mistral-text.sse': { text: 'Bonjour', finish: 'stop', usage: { inputTokens: 5, outputTokens: 2 } },
  'xai-reasoning.sse': {
    text: 'Paris',
    finish: 'stop',
    usage: { inputTokens: 32, outputTokens: 96, cachedInputTokens: 6, reasoningTokens: 95 },
  },
  'ollama-text.sse': { text: 'Hi there', finish: 'stop', usage: { inputTokens: 26, outputTokens: 3 } },
  'vllm-crlf.sse': { text: '一二三', finish: 'length', usage: { inputTokens: 9, outputTokens: 3 } },
}

let upstream: ScriptedUpstream
let provider: OpenAiCompatibleProvider
let sdk: OpenAI

beforeAll(async () => {
  upstream = await ScriptedUpstream.start()
  provider = new OpenAiCompatibleProvider({ name: 'fixture', baseUrl: upstream.baseUrl })
  sdk = new OpenAI({ apiKey: 'none', baseURL: upstream.baseUrl, maxRetries: 0 })
})

afterAll(async () => {
  await provider.close()
  await upstream.close()
})

interface Choice {
  readonly delta: { readonly content?: string | null }
  readonly finish_reason: string | null
}

describe.each(fixtures)('%s', (name) => {
  it('says the same to us as to OpenAI’s SDK', async () => {
    upstream.plan({ kind: 'sse', events: [readFileSync(new URL(name, folder), 'utf8')] })
    const events: ChatEvent[] = []
    const call = { upstreamModel: 'm', request: { messages } }
    for await (const event of provider.stream(call, new AbortController().signal)) events.push(event)
    const chunks = events.flatMap((event) => (event.type === 'finished' ? [] : [event.chunk]))
    const theirs = await sdk.chat.completions.create({ model: 'm', messages, stream: true }).then(async (stream) => {
      const all: object[] = []
      for await (const chunk of stream) all.push(chunk)
      return all
    })
    expect(chunks).toEqual(theirs)
  })

  it('is read as its documentation means it', async () => {
    upstream.plan({ kind: 'sse', events: [readFileSync(new URL(name, folder), 'utf8')] })
    const call = { upstreamModel: 'm', request: { messages } }
    let text = ''
    let finish: string | null = null
    let usage: TokenUsage | undefined
    let last: ChatEvent | undefined
    for await (const event of provider.stream(call, new AbortController().signal)) {
      last = event
      if (event.type === 'finished') continue
      if (event.usage !== undefined) usage = event.usage
      for (const choice of event.chunk.choices as Choice[]) {
        text += choice.delta.content ?? ''
        finish = choice.finish_reason ?? finish
      }
    }
    expect(last?.type).toBe('finished')
    expect({ text, finish, usage }).toEqual(expected[name])
  })
})
