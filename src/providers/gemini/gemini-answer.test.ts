import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { JsonObject } from '../chat-provider.ts'
import { UpstreamErrors } from '../http/upstream-errors.ts'
import { ProviderError } from '../provider-error.ts'
import { type AskedOfGemini, geminiCompletion } from './gemini-answer.ts'
import { candidateEnd } from './gemini-finish.ts'
import { geminiRequest } from './gemini-request.ts'
import { parseGeminiUsage } from './gemini-usage.ts'

const errors = new UpstreamErrors('google', [], { now: () => 0 })
const asked: AskedOfGemini = {
  fallbackId: 'made-up',
  upstreamModel: 'gemini-3-flash',
  created: 7,
  onlyFirstCall: false,
  serviceTier: undefined,
  candidates: 1,
}

function read(body: JsonObject, how: Partial<AskedOfGemini> = {}) {
  return geminiCompletion(body, { ...asked, ...how }, errors)
}

function ofParts(...parts: readonly JsonObject[]): JsonObject {
  return { candidates: [candidateOf(...parts)] }
}

function candidateOf(...parts: readonly JsonObject[]): JsonObject {
  return { content: { parts }, finishReason: 'STOP' }
}

function messageOf(body: JsonObject): JsonObject {
  return (read(body).body.choices as { message: JsonObject }[])[0]!.message
}

it('reads a grounded answer', () => {
  const url = new URL('__fixtures__/grounded.json', import.meta.url)
  const completion = read(JSON.parse(readFileSync(url, 'utf8')) as JsonObject)
  expect(completion.reportedModel).toBe('gemini-2.5-flash')
  expect(completion.usage).toEqual({
    inputTokens: 310,
    outputTokens: 49,
    cachedInputTokens: 64,
    reasoningTokens: 40,
    audioInputTokens: 32,
    cachedAudioInputTokens: 0,
    unpriced: ['web_search_requests'],
  })
  const cites = (url: string, title: string, start_index: number, end_index: number) => ({
    type: 'url_citation',
    url_citation: { url, title, start_index, end_index },
  })
  expect(completion.body).toMatchObject({
    id: 'eFgH5678',
    object: 'chat.completion',
    created: 7,
    model: 'gemini-2.5-flash',
  })
  expect(completion.body.choices).toEqual([
    {
      index: 0,
      message: {
        role: 'assistant',
        content: 'Köln hat einen Dom. Er ist alt.',
        refusal: null,
        annotations: [
          cites('https://example.org/alt', 'alt', 20, 31),
          cites('https://example.org/dom', 'example.org', 0, 31),
        ],
      },
      finish_reason: 'stop',
      native_finish_reason: 'STOP',
      logprobs: null,
    },
  ])
})

it('cites what is recited', () => {
  const source = { startIndex: 4, endIndex: 9, uri: 'https://example.org/poem', license: 'mit' }
  const candidate = { ...candidateOf({ text: 'Sie küsst' }), citationMetadata: { citationSources: [source, 7] } }
  const place = { start_index: 4, end_index: 8 }
  expect(messageOf({ candidates: [candidate] }).annotations).toEqual([
    { type: 'url_citation', url_citation: { url: 'https://example.org/poem', title: '', ...place } },
  ])
})

it('cites all of the text where the place is in another part', () => {
  const groundingMetadata = {
    groundingChunks: [{ web: { uri: 'https://a.example' } }],
    groundingSupports: [{ segment: { partIndex: 1, startIndex: 0, endIndex: 3 }, groundingChunkIndices: [0] }],
  }
  const candidate = { ...candidateOf({ text: 'one ' }, { text: 'two' }), groundingMetadata }
  const [annotation] = messageOf({ candidates: [candidate] }).annotations as [JsonObject]
  expect(annotation.url_citation).toMatchObject({ start_index: 0, end_index: 7 })
})

it('shows code that ran, and pictures', () => {
  const message = messageOf(
    ofParts(
      { text: 'So:' },
      { executableCode: { language: 'PYTHON', code: 'print(1)' } },
      { codeExecutionResult: { outcome: 'OUTCOME_OK', output: '1' } },
      { inlineData: { mimeType: 'image/png', data: 'aGk=' } },
      { inlineData: { mimeType: 'audio/pcm', data: 'aGk=' } },
    ),
  )
  expect(message.content).toBe('So:\n```python\nprint(1)\n```\n\n```output\n1\n```\n')
  expect(message.images).toEqual([{ type: 'image_url', image_url: { url: 'data:image/png;base64,aGk=' } }])
})

it('has nothing to say beside calls, and keeps only the first where one is taken', () => {
  const call = { functionCall: { name: 'f', args: { a: 1 }, id: 'i' } }
  expect(messageOf(ofParts(call, call))).toMatchObject({
    content: null,
    tool_calls: [{ id: 'i' }, { id: 'call_made-up_0_1' }],
  })
  const { choices } = read(ofParts(call, call), { onlyFirstCall: true }).body as { choices: { message: JsonObject }[] }
  expect(choices[0]?.message.tool_calls).toHaveLength(1)
})

it.each([
  ['no candidates', {}],
  ['a candidate without its end', { candidates: [{ content: { parts: [{ text: 'half' }] } }] }],
  ['a call that cannot be read', { candidates: [{ finishReason: 'MALFORMED_FUNCTION_CALL' }] }],
])('takes %s for no answer', (_name, body) => {
  expect(() => read(body)).toThrow(expect.objectContaining({ code: 'upstream_invalid_response' }))
})

it.each([
  ['STOP', false, 'stop'],
  ['STOP', true, 'tool_calls'],
  ['MAX_TOKENS', true, 'length'],
  ['SAFETY', false, 'content_filter'],
  ['RECITATION', false, 'content_filter'],
  ['SOMETHING_NEW', false, 'content_filter'],
])('says of %s, with calls %s: %s', (reason, hasCalls, finishReason) => {
  expect(candidateEnd(reason, hasCalls)).toEqual({ finishReason, nativeFinishReason: reason })
})

it.each([
  ['nothing', undefined, undefined],
  ['no count', {}, undefined],
  ['an impossible count', { promptTokenCount: 3, candidatesTokenCount: -1 }, undefined],
  ['a lone prompt', { promptTokenCount: 3 }, { inputTokens: 3, outputTokens: 0 }],
  ['a total of the prompt', { promptTokenCount: 3, totalTokenCount: 3 }, { inputTokens: 3, outputTokens: 0 }],
  ['what only the total holds', { promptTokenCount: 3, totalTokenCount: 9 }, { inputTokens: 3, outputTokens: 6 }],
  ['a total below its parts', { promptTokenCount: 3, totalTokenCount: 2 }, undefined],
  [
    'what only the total holds, beside what tools read',
    { promptTokenCount: 3, toolUsePromptTokenCount: 4, totalTokenCount: 9 },
    { inputTokens: 7, outputTokens: 2 },
  ],
  [
    'a total with what tools read',
    { promptTokenCount: 3, toolUsePromptTokenCount: 4, totalTokenCount: 7 },
    { inputTokens: 7, outputTokens: 0 },
  ],
  [
    'spoken answers',
    { promptTokenCount: 3, candidatesTokenCount: 9, candidatesTokensDetails: [{ modality: 'AUDIO', tokenCount: 9 }] },
    { inputTokens: 3, outputTokens: 9, audioOutputTokens: 9 },
  ],
  [
    'pictures',
    { promptTokenCount: 3, candidatesTokenCount: 9, candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: 9 }] },
    { inputTokens: 3, outputTokens: 9, unpriced: ['image_output_tokens'] },
  ],
])('counts %s', (_name, metadata, expected) => {
  expect(parseGeminiUsage(metadata, { tools: [], serviceTier: undefined })).toEqual(expected)
})

it('does not know the price of another tier', () => {
  expect(parseGeminiUsage({ promptTokenCount: 1 }, { tools: [], serviceTier: 'flex' })?.unpriced).toEqual([
    'service_tier:flex',
  ])
  expect(parseGeminiUsage({ promptTokenCount: 1 }, { tools: [], serviceTier: 'standard' })).not.toHaveProperty(
    'unpriced',
  )
})

it('comes back to Google as it was said', () => {
  const signature = fc.option(fc.base64String({ minLength: 4 }), { nil: undefined })
  const signed = (part: JsonObject, thoughtSignature: string | undefined) =>
    thoughtSignature === undefined ? part : { ...part, thoughtSignature }
  const text = fc.record({ text: fc.string({ minLength: 1 }), signature })
  const image = fc.record({ data: fc.base64String({ minLength: 4 }), signature })
  const call = fc.record({
    name: fc.string({ minLength: 1 }),
    args: fc.dictionary(fc.string(), fc.jsonValue()),
    signature,
  })
  fc.assert(
    fc.property(
      fc.option(text, { nil: undefined }),
      fc.array(image, { maxLength: 2 }),
      fc.array(call, { maxLength: 3 }),
      (said, images, calls) => {
        const parts = [
          ...(said === undefined ? [] : [signed({ text: said.text }, said.signature)]),
          ...images.map(({ data, signature: own }) => signed({ inlineData: { mimeType: 'image/png', data } }, own)),
          ...calls.map(({ name, args, signature: own }, index) =>
            signed({ functionCall: { id: `c${index}`, name, args: JSON.parse(JSON.stringify(args)) as unknown } }, own),
          ),
        ]
        const message = { role: 'assistant', ...messageOf(ofParts(...parts)) }
        const request = { messages: [{ role: 'user', content: 'x' }, message] }
        const { contents } = geminiRequest({ upstreamModel: 'gemini-2.5-flash', request }) as { contents: JsonObject[] }
        expect(contents[1]?.parts ?? []).toEqual(parts)
      },
    ),
  )
})

it('throws nothing but errors of ours', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.constantFrom('candidates', 'promptFeedback', 'usageMetadata'), fc.jsonValue()),
      (body) => {
        try {
          read(body)
        } catch (error) {
          expect(error).toBeInstanceOf(ProviderError)
        }
      },
    ),
  )
})
