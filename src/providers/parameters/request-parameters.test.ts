import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ParameterSupport, refusedParameter } from '../../routing/registry/parameter-support.ts'
import { droppedParameters } from './dropped-parameters.ts'
import { noParameters, requestParameters } from './request-parameters.ts'

function supportOf(lists: {
  readonly dropped?: readonly string[]
  readonly refused?: readonly string[]
}): ParameterSupport {
  const { dropped, refused } = lists
  return { api: 'an API', refused: new Set(refused), dropped: new Set(dropped), dropsUnknown: false }
}

const messages = [{ role: 'user', content: 'Hello' }]

function namesOf(fields: object): readonly string[] {
  return requestParameters({ messages, ...fields }).names
}

describe('requestParameters', () => {
  it('finds nothing in text to text, nor in defaults spelled out', () => {
    expect(requestParameters({ messages })).toBe(noParameters)
    const defaults = {
      ...{ n: 1, logprobs: false, top_logprobs: 0, parallel_tool_calls: true, store: false, tool_choice: 'auto' },
      ...{ frequency_penalty: 0, presence_penalty: 0, repetition_penalty: 1, stop: [], logit_bias: {}, metadata: {} },
      ...{ response_format: { type: 'text' }, modalities: ['text'], service_tier: 'auto', tools: [], functions: [] },
      ...{ seed: null, user: undefined, stream_options: { include_usage: true } },
    }
    expect(requestParameters({ messages, ...defaults })).toBe(noParameters)
  })

  it.each([
    [{ max_tokens: 5 }, ['max_tokens']],
    [{ max_tokens: 5, max_completion_tokens: 6 }, ['max_tokens']],
    [{ n: 2, seed: 0, logprobs: true }, ['n', 'seed', 'logprobs']],
    [{ response_format: { type: 'json_schema' } }, ['response_format:json_schema']],
    [{ response_format: { type: 'json_object' } }, ['response_format:json_object']],
    [{ modalities: ['text', 'audio'], audio: { voice: 'ash' } }, ['modalities:audio']],
    [{ functions: [{ name: 'f' }], function_call: 'auto' }, ['functions']],
    [
      { tools: [{ type: 'function' }, { type: 'custom', cache_control: {} }] },
      ['tools:function', 'cache_control', 'tools:custom'],
    ],
    [{ tools: [{ type: 'web_search_20250305' }] }, ['tools:hosted', 'tools:hosted:anthropic']],
    [
      { tools: [{ type: 'file_search' }, { google_search: {} }] },
      ['tools:hosted', 'tools:hosted:openai', 'tools:hosted:google'],
    ],
    [{ tools: [{ type: 'google_search' }] }, ['tools:hosted', 'tools:hosted:google']],
    [{ tools: [{ type: 'urlContext' }] }, ['tools:hosted', 'tools:hosted:google']],
    [{ tools: [{ type: 'mcp_toolset', mcp_server_name: 's' }] }, ['tools:hosted', 'tools:hosted:anthropic']],
    [{ tools: [{ type: 'tool_search_tool_bm25' }] }, ['tools:hosted', 'tools:hosted:anthropic']],
    [{ tools: [{ type: 'browser_search' }] }, ['tools:hosted', 'tools:hosted:openai']],
    [{ response_format: { type: 'grammar', grammar: 'x' } }, ['response_format:other']],
    [{ modalities: ['text', 'image'] }, ['modalities:image']],
    [{ tool_choice: 'none' }, ['tool_choice']],
    [{ thinking: { type: 'disabled' }, reasoning_effort: 'none' }, ['thinking', 'reasoning_effort']],
  ])('reads %j', (fields, names) => {
    expect(namesOf(fields)).toEqual(names)
  })

  it('looks into messages', () => {
    const content = [
      { type: 'text', text: 'See', cache_control: { type: 'ephemeral' } },
      { type: 'image_url', image_url: { url: 'data:image/png;base64,AA' } },
      { type: 'image_url', image_url: { url: 'https://pictures.test/a.png' } },
      { type: 'input_audio', input_audio: { data: '', format: 'wav' } },
      { type: 'file', file: { file_id: 'f-1' } },
      { type: 'file', file: { file_url: 'https://files.test/a.pdf' } },
      { type: 'file', file: { file_data: 'data:application/pdf;base64,AA' } },
    ]
    const thought = { role: 'assistant', content: 'Hm', reasoning_details: [{ type: 'reasoning.text', text: 'x' }] }
    const plain = { role: 'assistant', content: 'Hm', reasoning_details: [] }
    expect(namesOf({ messages: [plain] })).toEqual([])
    expect(namesOf({ messages: [{ role: 'user', content }, thought] })).toEqual([
      ...['cache_control', 'content:image', 'content:image_by_url', 'content:audio', 'content:file'],
      ...['content:file_by_id', 'content:file_by_url', 'reasoning_details'],
    ])
  })

  it.each([
    ['file-6F2ksmvXxt4VdoqmHRw6kL', ['content:file_by_id:openai']],
    ['file_011CNha8iCJcU1wXNR6q4V8w', ['content:file_by_id:anthropic']],
    ['files/abc-123', ['content:file_by_id:google']],
    ['https://generativelanguage.googleapis.com/v1beta/files/abc', ['content:file_by_id:google']],
    ['3fa85f64-5717-4562-b3fc-2c963f66afa6', []],
    [{ toString: 5 }, []],
  ])('tells whose file is named by %j', (id, keeper) => {
    const content = [{ type: 'file', file: { file_id: id } }]
    expect(namesOf({ messages: [{ role: 'user', content }] })).toEqual([
      ...['content:file', 'content:file_by_id'],
      ...keeper,
    ])
  })

  it('keeps apart what no table knows', () => {
    expect(requestParameters({ messages, mirostat: 2, seed: 1 })).toEqual({ names: ['seed'], unknown: ['mirostat'] })
  })

  it('throws at nothing', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('messages', 'tools', 'stop', 'n', 'x', 'modalities'), fc.jsonValue()),
        (body) => {
          const { names } = requestParameters(body as never)
          expect(new Set(names).size).toBe(names.length)
        },
      ),
    )
    fc.assert(
      fc.property(fc.array(fc.record({ role: fc.string(), content: fc.array(fc.jsonValue()) })), (hostile) => {
        requestParameters({ messages: hostile })
      }),
    )
  })
})

describe('droppedParameters', () => {
  const said = requestParameters({ messages, seed: 1, n: 2, mirostat: 2, 'a\r\nb': 1 })

  it('names what an API does not take, and fields that nobody knows where it drops them', () => {
    const support = supportOf({ dropped: ['seed', 'user'] })
    expect(droppedParameters(support, said, undefined)).toEqual(['seed'])
    expect(droppedParameters({ ...support, dropsUnknown: true }, said, undefined)).toEqual(['seed', 'mirostat'])
    expect(droppedParameters(undefined, said, undefined)).toEqual([])
  })

  it('drops nothing of a request that is passed on as it was written', () => {
    const support = { ...supportOf({ dropped: ['seed'], refused: ['n'] }), dialect: 'messages' }
    expect(droppedParameters(support, said, 'messages')).toEqual([])
    // Fields of another API mean nothing anywhere else.
    expect(droppedParameters(support, said, 'responses')).toEqual(['seed', 'mirostat'])
    const stripping = { ...support, strippedOfOthers: new Set(['n']) }
    expect(droppedParameters(stripping, said, 'responses')).toEqual(['seed', 'n', 'mirostat'])
    expect(droppedParameters(stripping, said, undefined)).toEqual(['seed'])
    expect(refusedParameter(support, { parameters: ['n'], dialect: 'messages' })).toBeUndefined()
    expect(refusedParameter(support, { parameters: ['n'] })).toBe('n')
  })
})
