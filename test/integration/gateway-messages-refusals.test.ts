import { describe, expect, test } from 'vitest'
import { bodyOf, hello, path, pinned, saying, start } from './messages-harness.ts'

describe('a request that is wrong', () => {
  const user = (content: unknown) => ({ ...hello, messages: [{ role: 'user', content }] })
  const said = (content: unknown) => ({ ...hello, messages: [...hello.messages, { role: 'assistant', content }] })
  test('a conversation kept at Anthropic is refused in the words upon which its client sends it whole', async () => {
    const harness = await start({ providers: { small: saying('4') } })
    const response = await harness.post(path, { ...hello, thread: { type: 'create' } })
    expect(response.status).toBe(400)
    expect(await bodyOf(response)).toMatchObject({
      error: {
        type: 'invalid_request_error',
        details: { error_code: 'thread_unsupported_request', unsupported: ['thread'] },
      },
    })
  })

  const nest = (levels: number): unknown =>
    levels === 0 ? 'x' : [{ type: 'tool_result', tool_use_id: 't', content: nest(levels - 1) }]

  test.each<[string, unknown, string, number?]>([
    ['null', null, ''],
    ['no max_tokens', { model: 'auto', messages: hello.messages }, 'max_tokens'],
    ['max_tokens 0', { ...hello, max_tokens: 0 }, 'max_tokens'],
    ['max_tokens as text', { ...hello, max_tokens: '9' }, 'max_tokens'],
    ['no messages', { ...hello, messages: [] }, 'messages'],
    ['messages as a text', { ...hello, messages: 'hi' }, 'messages'],
    ['a message that is null', { ...hello, messages: [null] }, 'messages.0'],
    ['a made-up role', { ...hello, messages: [{ role: 'root', content: '' }] }, 'messages.0.role'],
    ['no content', { ...hello, messages: [{ role: 'user' }] }, 'messages.0.content'],
    ['content that is a number', user(7), 'messages.0.content'],
    ['a block without a type', user([{}]), 'messages.0.content.0.type'],
    ['a text block without text', user([{ type: 'text' }]), 'messages.0.content.0.text'],
    ['an image without a source', user([{ type: 'image' }]), 'messages.0.content.0.source'],
    [
      'an image of no known source',
      user([{ type: 'image', source: { type: 'ftp' } }]),
      'messages.0.content.0.source.type',
    ],
    [
      'image data that is a number',
      user([{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: 1 } }]),
      'messages.0.content.0.source.data',
    ],
    ['a document without a source', user([{ type: 'document' }]), 'messages.0.content.0.source'],
    ['a tool result for nothing', user([{ type: 'tool_result' }]), 'messages.0.content.0.tool_use_id'],
    [
      'a wrong block in a tool result',
      user([{ type: 'tool_result', tool_use_id: 't', content: [{ type: 'text', text: 1 }] }]),
      'messages.0.content.0.content.0.text',
    ],
    [
      'a search result of text',
      user([{ type: 'search_result', source: '', title: '', content: 'x' }]),
      'messages.0.content.0.content',
    ],
    ['a call by the user', user([{ type: 'tool_use', id: 'a', name: 'b', input: {} }]), 'messages.0.content.0.type'],
    ['a result by the assistant', said([{ type: 'tool_result', tool_use_id: 'a' }]), 'messages.1.content.0.type'],
    [
      'a call with a text as input',
      said([{ type: 'tool_use', id: 'a', name: 'b', input: 'c' }]),
      'messages.1.content.0.input',
    ],
    ['thinking that is a number', said([{ type: 'thinking', thinking: 1 }]), 'messages.1.content.0.thinking'],
    ['a system that is a number', { ...hello, system: 1 }, 'system'],
    ['a system block of a number', { ...hello, system: [1] }, 'system.0'],
    ['tools that are no list', { ...hello, tools: {} }, 'tools'],
    ['a tool without a name', { ...hello, tools: [{ input_schema: {} }] }, 'tools.0.name'],
    ['a tool without a schema', { ...hello, tools: [{ name: 'a' }] }, 'tools.0.input_schema'],
    ['10,000 tools', { ...hello, tools: Array(10_000).fill({ name: 'a', input_schema: {} }) }, 'tools'],
    ['a choice of no tool', { ...hello, tool_choice: { type: 'tool' } }, 'tool_choice.name'],
    ['a made-up choice', { ...hello, tool_choice: { type: 'some' } }, 'tool_choice.type'],
    ['stream as text', { ...hello, stream: 'true' }, 'stream'],
    ['temperature 1.5', { ...hello, temperature: 1.5 }, 'temperature'],
    ['thinking as text', { ...hello, thinking: 'hard' }, 'thinking'],
    ['metadata as text', { ...hello, metadata: 'me' }, 'metadata'],
    ['an effort that is a number', { ...hello, output_config: { effort: 1 } }, 'output_config.effort'],
    [
      'a format without a schema',
      { ...hello, output_config: { format: { type: 'json_schema' } } },
      'output_config.format.schema',
    ],
    ['a preference nobody knows', { ...hello, pointsman: { speed: 1 } }, ''],
    [
      'a web search that nobody estimated',
      { ...hello, tools: [{ type: 'web_search_20250305', name: 'web_search' }] },
      'tools.0.type',
    ],
    ['fast mode that nobody estimated', { ...hello, speed: 'fast' }, 'speed'],
    [
      'tools of a server, through auto',
      { ...hello, mcp_servers: [{ type: 'url', name: 'a', url: 'https://x' }] },
      'mcp_servers',
    ],
    ['an unknown model', { ...hello, model: 'claude-sonnet-4-5-20250929' }, '', 404],
    ['tool results in tool results, 25 times', user(nest(25)), 'messages.0.content.0.content.0.type'],
  ])('%s', async (_what, body, place, status = 400) => {
    const harness = await start({ providers: { small: saying('4') } })
    const startMs = performance.now()
    const response = await harness.post(path, body)
    expect(response.status).toBe(status)
    const answer = await bodyOf(response)
    expect(answer).toEqual({
      type: 'error',
      error: {
        type: status === 404 ? 'not_found_error' : 'invalid_request_error',
        message: expect.any(String) as string,
      },
      request_id: response.headers.get('request-id'),
    })
    const { message } = answer.error as { message: string }
    if (place !== '') expect(message.startsWith(`${place}: `), message).toBe(true)
    expect(performance.now() - startMs).toBeLessThan(1_000)
  })

  test.each<[string, string]>([
    ['a __proto__ field', '{"model":"auto","max_tokens":9,"__proto__":{},"messages":[]}'],
    ['half of a surrogate pair', JSON.stringify({ ...hello, system: '\ud800' })],
    ['70 levels', `{"model":"auto","messages":${'['.repeat(70)}${']'.repeat(70)}}`],
  ])('%s', async (_what, text) => {
    const harness = await start({ providers: { small: saying('4') } })
    const response = await fetch(harness.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: text,
    })
    expect(response.status).toBe(400)
    expect(await bodyOf(response)).toMatchObject({ type: 'error', error: { type: 'invalid_request_error' } })
  })

  test('a GET or HEAD is told what is taken here, in the same envelope', async () => {
    const harness = await start({ providers: { small: saying('4') } })
    const response = await harness.get(path)
    expect(response.status).toBe(405)
    expect(response.headers.get('allow')).toBe('POST')
    expect(await bodyOf(response)).toMatchObject({ type: 'error', error: { type: 'invalid_request_error' } })
    expect((await fetch(harness.url, { method: 'HEAD' })).status).toBe(200)
  })
})

describe('who asks', () => {
  test('is known by x-api-key, and told in this API’s words when not', async () => {
    const harness = await start({
      providers: { small: saying('4') },
      keys: [{ id: 'alice', scopes: ['inference'] }],
    })
    const refused = await harness.post(path, hello, { 'x-api-key': 'pm-wrong' })
    expect(refused.status).toBe(401)
    expect(await bodyOf(refused)).toMatchObject({ type: 'error', error: { type: 'authentication_error' } })
    const served = await harness.post(path, hello, { 'x-api-key': harness.secrets.get('alice')! })
    expect(served.status).toBe(200)
  })

  test('names a session as Claude Code does, in three ways', async () => {
    const harness = await start({ providers: { small: saying('4') } })
    const session = '0b1f8f4e-7b0a-4d0b-9d39-3f1b7e6f0c11'
    const other = { ...hello, messages: [{ role: 'user', content: 'Something else' }] }
    const ids = []
    for (const [body, headers] of [
      [{ ...hello, metadata: { user_id: `user_abc_account_x_session_${session}` } }, {}],
      [{ ...other, metadata: { user_id: JSON.stringify({ device_id: 'd', session_id: session }) } }, {}],
      [other, { 'x-claude-code-session-id': session }],
      [{ ...other, metadata: { user_id: 'just-me' } }, {}],
    ] as const) {
      await harness.post(path, body, headers as Record<string, string>)
      ids.push(harness.router.requests.at(-1)?.conversationId)
    }
    expect(new Set(ids.slice(0, 3)).size).toBe(1)
    expect(ids[3]).not.toBe(ids[0])
  })

  test('may have tools run at Anthropic when it names the LLM, but not when its key is confined', async () => {
    const tools = [{ type: 'web_search_20250305', name: 'web_search' }]
    const small = saying('4')
    const harness = await start({
      providers: { small },
      keys: [
        { id: 'free', scopes: ['inference'] },
        { id: 'confined', scopes: ['inference'], preference: { allow: [['small']] } },
      ],
    })
    const ask = (key: string) => harness.post(path, { ...pinned, tools }, { 'x-api-key': harness.secrets.get(key)! })
    expect((await ask('free')).status).toBe(200)
    expect(small.calls[0]?.request.tools).toEqual(tools)
    expect((await ask('confined')).status).toBe(400)
  })
})
