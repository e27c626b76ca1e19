import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ChatCall, JsonObject } from '../chat-provider.ts'
import { ChatBodyWriter } from './chat-body.ts'
import { providerPreset } from './presets.ts'

const user = { role: 'user', content: 'hi' }
const native = { dialect: 'messages' as const, body: {}, headers: {} }

function bodyOf(preset: string | undefined, request: JsonObject, more: Partial<ChatCall> = {}): JsonObject {
  const dialect = preset === undefined ? {} : providerPreset(preset)!.dialect
  const call = { upstreamModel: 'm', request: { messages: [user], ...request }, ...more }
  return new ChatBodyWriter(dialect).bodyOf(call, false)
}

function sentMessages(preset: string | undefined, ...messages: readonly JsonObject[]): unknown {
  return bodyOf(preset, { messages }).messages
}

const marked = {
  role: 'user',
  content: [{ type: 'text', text: 'hi', cache_control: { type: 'ephemeral' } }],
}
const thinking = { type: 'reasoning.text', text: 'hm', signature: 's', format: 'anthropic-claude-v1' }
const said = {
  role: 'assistant',
  content: 'yes',
  reasoning_content: 'hm',
  reasoning_details: [thinking],
}

describe('parameters', () => {
  const sampling = { temperature: 0.2, top_p: 0.9, presence_penalty: 1, seed: 3, top_k: 4 }

  it.each([
    ['nothing is known', undefined, {}, sampling],
    ['OpenAI’s do not reason', 'openai', { reasons: false }, { ...sampling, top_k: undefined }],
    ['OpenAI’s reason', 'openai', { reasons: true }, { seed: 3 }],
    [
      'they are told not to',
      'openai',
      { reasons: true, reasoningEffort: 'none' },
      { ...sampling, top_k: undefined, reasoning_effort: 'none' },
    ],
    ['Mistral’s', 'mistral', {}, { temperature: 0.2, top_p: 0.9, presence_penalty: 1, random_seed: 3 }],
    ['xAI’s reason', 'xai', { reasons: true }, { temperature: 0.2, top_p: 0.9, seed: 3 }],
    ['open models', 'vllm', {}, sampling],
  ] as const)('of sampling, where %s', (_name, preset, more, expected) => {
    const sent = bodyOf(preset, sampling, more)
    const kept = Object.fromEntries(Object.entries(expected).filter(([, value]) => value !== undefined))
    expect(sent).toEqual({ ...kept, messages: [user], model: 'm', stream: false })
  })

  it('of effort go to models that reason, or may', () => {
    const effort = { reasoning_effort: 'low', verbosity: 'low' }
    expect(bodyOf('openai', effort, { reasons: true })).toMatchObject(effort)
    expect(bodyOf('openai', effort)).toMatchObject(effort)
    expect(bodyOf('openai', effort, { reasons: false })).not.toHaveProperty('reasoning_effort')
    expect(bodyOf('openai', effort, { reasons: false })).not.toHaveProperty('verbosity')
  })

  it('of thinking go where they are known', () => {
    const asked = { thinking: { type: 'enabled', budget_tokens: 2048 } }
    expect(bodyOf('openrouter', asked)).toMatchObject({ reasoning: { max_tokens: 2048 } })
    expect(bodyOf('openrouter', { thinking: { type: 'disabled' } })).toMatchObject({ reasoning: { enabled: false } })
    expect(bodyOf('openai', asked)).not.toHaveProperty('thinking')
    expect(bodyOf(undefined, asked)).toMatchObject(asked)
    expect(bodyOf(undefined, asked, { native })).not.toHaveProperty('thinking')
  })

  it('spelled as their defaults stay away from who refuses them', () => {
    const defaults = { logprobs: false, top_logprobs: 0, logit_bias: {}, n: 1, functions: [], function_call: 'none' }
    const more = { modalities: ['text'], stop: null, seed: null, service_tier: null, user: null }
    expect(bodyOf('mistral', { ...defaults, ...more })).toEqual({
      n: 1,
      stop: null,
      random_seed: null,
      messages: [user],
      model: 'm',
      stream: false,
    })
    expect(bodyOf('openai', { ...defaults, stop: [] }, { reasons: true })).not.toHaveProperty('logprobs')
    expect(bodyOf('groq', { logprobs: true, ...more })).toHaveProperty('logprobs', true)
    expect(bodyOf(undefined, defaults)).toMatchObject(defaults)
  })

  it('of another API mean nothing in this one', () => {
    const foreign = { context_management: {}, temperature: 0.5 }
    expect(bodyOf('openai', foreign, { native })).toEqual({
      temperature: 0.5,
      messages: [user],
      model: 'm',
      stream: false,
    })
    expect(bodyOf('openai', foreign)).toHaveProperty('context_management')
  })
})

describe('messages', () => {
  it('pass as they are where nothing is known, and the caller speaks chat completions', () => {
    const messages = [marked, said, { role: 'tool', tool_call_id: 'x', content: 'y', is_error: true }]
    expect(bodyOf(undefined, { messages }).messages).toBe(messages)
  })

  it('pass as they are where there is nothing to mend', () => {
    const messages = [{ role: 'system', content: 'a' }, user, { role: 'assistant', content: 'b' }]
    for (const preset of ['openai', 'mistral', 'groq', 'openrouter']) {
      expect(bodyOf(preset, { messages }).messages).toBe(messages)
    }
  })

  it('lose the additions of other vendors, each where it is not known', () => {
    expect(sentMessages('openai', marked, said)).toEqual([
      { role: 'user', content: [{ type: 'text', text: 'hi' }] },
      { role: 'assistant', content: 'yes' },
    ])
    expect(sentMessages('openrouter', marked, said)).toEqual([marked, said])
    expect(sentMessages('deepseek', said)).toEqual([{ role: 'assistant', content: 'yes', reasoning_content: 'hm' }])
    expect(bodyOf(undefined, { messages: [marked, said] }, { native }).messages).toEqual([
      { role: 'user', content: [{ type: 'text', text: 'hi' }] },
      { role: 'assistant', content: 'yes' },
    ])
    const tool = { type: 'function', function: { name: 'f' } }
    expect(bodyOf('openai', { tools: [{ ...tool, cache_control: {} }] }).tools).toEqual([tool])
  })

  it('give an open model its own thinking back, and nobody else’s', () => {
    const plain = { type: 'reasoning.text', text: 'hm', format: 'unknown' }
    const kept = { role: 'assistant', content: 'yes', reasoning_details: [thinking, plain] }
    expect(sentMessages('deepseek', kept)).toEqual([{ role: 'assistant', content: 'yes', reasoning_content: 'hm' }])
    expect(sentMessages('openai', kept)).toEqual([{ role: 'assistant', content: 'yes' }])
  })

  it('are what OpenAI’s own clients send back of an answer, where the upstream refuses what it does not know', () => {
    const answered = { role: 'assistant', content: 'yes', refusal: null, annotations: [], audio: null }
    const python = { ...answered, function_call: null, tool_calls: null }
    const calls = [{ id: 'abcdef123', type: 'function', function: { name: 'f', arguments: '{}' } }]
    const calling = { ...python, content: null, tool_calls: calls, parsed: null }
    const output = { role: 'tool', tool_call_id: 'abcdef123', content: 'a', timestamp: 7 }
    for (const preset of ['mistral', 'groq']) {
      expect(sentMessages(preset, { ...user, id: 7 }, answered, python, calling, output)).toEqual([
        user,
        { role: 'assistant', content: 'yes' },
        { role: 'assistant', content: 'yes' },
        { role: 'assistant', content: null, tool_calls: calls },
        { role: 'tool', tool_call_id: 'abcdef123', content: 'a' },
      ])
      expect(sentMessages(preset, { ...answered, content: null, refusal: 'No.' })).toEqual([
        { role: 'assistant', content: 'No.' },
      ])
    }
    expect(sentMessages('openai', answered)).toEqual([answered])
  })

  it('name their roles as the upstream does', () => {
    const developer = { role: 'developer', content: 'a', name: 'boss' }
    expect(sentMessages('openai', developer)).toEqual([developer])
    expect(sentMessages('mistral', developer)).toEqual([{ role: 'system', content: 'a' }])
    expect(sentMessages('groq', { role: 'function', name: 'f', content: 'b' })).toEqual([
      { role: 'function', name: 'f', content: 'b' },
    ])
  })

  it('call tools by ids the upstream takes, the same in call and output', () => {
    const long = `call.${'x'.repeat(60)}`
    const turns = [
      { role: 'assistant', tool_calls: [{ id: long, type: 'function', function: {}, extra_content: {} }] },
      { role: 'tool', tool_call_id: long, content: 'a' },
    ]
    for (const [preset, shape] of [
      ['openai', /^[\w-]{1,40}$/],
      ['mistral', /^[A-Za-z0-9]{9}$/],
    ] as const) {
      const [call, output] = sentMessages(preset, ...turns) as [{ tool_calls: JsonObject[] }, JsonObject]
      expect(call.tool_calls[0]).toEqual({ id: output.tool_call_id, type: 'function', function: {} })
      expect(output.tool_call_id).toMatch(shape)
    }
  })

  it('show what tools showed behind all outputs of the turn', () => {
    const image = { type: 'image_url', image_url: { url: 'https://e.x/a.png' } }
    const outputs = [
      { role: 'tool', tool_call_id: 'a', content: [{ type: 'text', text: 'see' }, image] },
      { role: 'tool', tool_call_id: 'b', content: [image] },
    ]
    expect(sentMessages('openai', ...outputs, user)).toEqual([
      { role: 'tool', tool_call_id: 'a', content: 'see' },
      { role: 'tool', tool_call_id: 'b', content: '(see the next message)' },
      { role: 'user', content: [image, image] },
      user,
    ])
    expect(sentMessages('openai', ...outputs)).toHaveLength(3)
  })

  it('bring files in the upstream’s own part', () => {
    const byUrl = { type: 'file', file: { file_url: 'https://e.x/a.pdf' } }
    const data = { type: 'file', file: { file_data: 'data:application/pdf;base64,JVBERi0=', filename: 'a.pdf' } }
    expect(sentMessages('openrouter', { role: 'user', content: [byUrl, data] })).toEqual([
      {
        role: 'user',
        content: [{ type: 'file', file: { filename: 'file.pdf', file_data: 'https://e.x/a.pdf' } }, data],
      },
    ])
    expect(sentMessages('mistral', { role: 'user', content: [byUrl, data] })).toEqual([
      {
        role: 'user',
        content: [
          { type: 'document_url', document_url: 'https://e.x/a.pdf' },
          { type: 'document_url', document_url: data.file.file_data, document_name: 'a.pdf' },
        ],
      },
    ])
  })

  it('name a file that came without a name, as documents of other APIs do', () => {
    const file_data = 'data:application/pdf;base64,JVBERi0='
    const sent = sentMessages('openai', { role: 'user', content: [{ type: 'file', file: { file_data } }] })
    expect(sent).toEqual([{ role: 'user', content: [{ type: 'file', file: { file_data, filename: 'file.pdf' } }] }])
  })

  it('throw nothing, whatever their JSON, and are never changed in place', () => {
    const message = fc.record(
      {
        role: fc.constantFrom('user', 'assistant', 'tool', 'developer'),
        content: fc.oneof(
          fc.jsonValue(),
          fc.array(
            fc.record({
              type: fc.constantFrom('text', 'file', 'image_url'),
              file: fc.jsonValue(),
              cache_control: fc.jsonValue(),
            }),
          ),
        ),
        tool_calls: fc.oneof(
          fc.jsonValue(),
          fc.array(fc.record({ id: fc.jsonValue(), extra_content: fc.jsonValue() })),
        ),
        tool_call_id: fc.jsonValue(),
        reasoning_details: fc.jsonValue(),
        name: fc.jsonValue(),
      },
      { requiredKeys: ['role'] },
    )
    fc.assert(
      fc.property(
        fc.array(message, { maxLength: 5 }),
        fc.constantFrom('openai', 'mistral', 'deepseek', 'openrouter'),
        (messages, preset) => {
          const before = JSON.stringify(messages)
          bodyOf(preset, { messages, tools: messages }, { native })
          expect(JSON.stringify(messages)).toBe(before)
        },
      ),
    )
  })
})

describe('a turn of reasoning alone', () => {
  const alone = { role: 'assistant', content: null, reasoning_details: [thinking] }

  it('is left out: chat completions refuse an assistant who says nothing', () => {
    for (const preset of ['openai', 'openrouter', 'mistral']) {
      expect(sentMessages(preset, user, alone, user)).toEqual([user, user])
    }
  })

  it('is not where something is said in another way', () => {
    for (const way of [
      { tool_calls: [] },
      { refusal: 'no' },
      { audio: { id: 'a' } },
      { function_call: { name: 'f' } },
    ]) {
      const message = { role: 'assistant', content: null, ...way }
      expect(sentMessages('openai', user, message)).toEqual([user, message])
    }
  })
})
