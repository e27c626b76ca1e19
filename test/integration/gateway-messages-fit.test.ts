import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openService, type Service } from '../../src/cli/open-service.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { AnthropicUpstream } from '../upstreams/anthropic-upstream.ts'
import { OpenAiUpstream } from '../upstreams/openai-upstream.ts'

const anthropic = new AnthropicUpstream()
const openai = new OpenAiUpstream()
let folder: string
let service: Service
let url: string

/** Claude, and servers of other APIs; `unknown` is one that nothing is known of. */
function configuration(): string {
  return `
providers:
  anthropic: { preset: anthropic, base_url: "${anthropic.origin}", api_key: env:KEY }
  unknown: { kind: openai-compatible, base_url: "${openai.origin}/v1", api_key: env:KEY }
  responses: { kind: openai-responses, base_url: "${openai.origin}/v1", api_key: env:KEY }
llms:
  - { id: claude, provider: anthropic, model: claude-haiku-4-5, price: { input: 1, output: 2 } }
  - { id: unknown, provider: unknown, model: ref-chat, price: { input: 50, output: 90 } }
  - { id: responses, provider: responses, model: ref-chat, price: { input: 50, output: 90 } }
aliases: { claude-opus-*: claude }
routing: { starter: false, seed: 1, exploration: { enabled: false } }
`
}

beforeAll(async () => {
  await Promise.all([anthropic.listen(), openai.listen()])
  folder = mkdtempSync(path.join(tmpdir(), 'pointsman-messages-fit-'))
  writeFileSync(path.join(folder, 'pointsman.yaml'), configuration())
  const environment = { KEY: 'sk-reference' }
  const log = { info: () => {}, warn: () => {}, error: () => {} }
  service = await openService(loadConfig({ environment, folder }), environment, log)
  url = (await service.gateway.listen('127.0.0.1', 0)).url
})
afterAll(async () => {
  await service.close()
  await Promise.all([anthropic.close(), openai.close()])
  rmSync(folder, { recursive: true, force: true })
})

const user = { role: 'user', content: 'Say hi' }

async function ask(fields: object) {
  const response = await fetch(`${url}/v1/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'anthropic-version': '2023-06-01' },
    body: JSON.stringify({ max_tokens: 100, messages: [user], ...fields }),
  })
  const text = await response.text()
  return { status: response.status, text, dropped: response.headers.get('x-pointsman-dropped-params') }
}

describe('what a Claude does not take', () => {
  const sampled = { temperature: 0.5, top_p: 0.9 }
  const auto = { model: 'auto', pointsman: { allow: ['claude'] } }

  test('is its own to refuse where the caller named it', async () => {
    const { status, text, dropped } = await ask({ model: 'claude', ...sampled })
    expect([status, dropped]).toEqual([400, null])
    expect(text).toContain('cannot both be specified')
  })

  test('is left out where an alias stands for it: its caller wrote for another model', async () => {
    const { status, dropped } = await ask({ model: 'claude-opus-5', ...sampled })
    expect([status, dropped]).toEqual([200, 'top_p'])
  })

  test.each([false, true])('is left out and told where the router chose it, streamed: %s', async (stream) => {
    const { status, text, dropped } = await ask({ ...auto, ...sampled, stream })
    expect([status, dropped], text).toEqual([200, 'top_p'])
  })

  test('is told of nothing where nothing is lost', async () => {
    expect(await ask({ ...auto, temperature: 0.5 })).toMatchObject({ status: 200, dropped: null })
  })

  test('holds what no upstream could understand', async () => {
    const diagnostics = { previous_message_id: 'msg_ours' }
    expect(await ask({ model: 'claude', diagnostics })).toMatchObject({ status: 200, dropped: 'diagnostics' })
  })
})

describe('what only Anthropic can read', () => {
  test.each<[string, object]>([
    ['servers of tools', { mcp_servers: [{ type: 'url', name: 'a', url: 'https://example.org' }] }],
    ['a dated tool', { tools: [{ type: 'web_search_20250305', name: 'web_search' }] }],
    ['an undated tool', { tools: [{ type: 'tool_search_tool_bm25', name: 'search' }] }],
    [
      'a file it keeps',
      {
        messages: [
          { role: 'user', content: [{ type: 'document', source: { type: 'file', file_id: 'file_011CNha8' } }] },
        ],
      },
    ],
    [
      'a change of tools',
      {
        messages: [
          user,
          { role: 'system', content: [{ type: 'tool_removal', tool: { type: 'tool_reference', name: 'f' } }] },
        ],
      },
    ],
    ['a block of its own', { messages: [{ role: 'user', content: [{ type: 'hologram', text: 5 }] }] }],
  ])('keeps LLMs of other APIs from %s', async (_what, fields) => {
    for (const model of ['unknown', 'responses']) {
      const { status, text } = await ask({ model, ...fields })
      expect([status, model], text).toEqual([400, model])
      expect(text).toContain('invalid_request_error')
    }
  })
})

test('a loop of tool calls goes on thinking although only its first step shows any', async () => {
  const weather = { name: 'weather', input_schema: { type: 'object', properties: { city: { type: 'string' } } } }
  const asked = { role: 'user', content: 'How is it in Oslo and Rome?' }
  const settings = {
    model: 'auto',
    pointsman: { allow: ['claude'] },
    max_tokens: 2_048,
    tools: [weather],
    thinking: { type: 'enabled', budget_tokens: 1_024 },
  }
  const first = JSON.parse((await ask({ ...settings, messages: [asked] })).text) as { content: { type: string }[] }
  expect(first.content.map(({ type }) => type)).toEqual(['thinking', 'tool_use', 'tool_use'])
  const calls = first.content.filter(({ type }) => type === 'tool_use') as { type: string; id: string }[]
  const again = calls.map((call) => ({ ...call, id: `${call.id}_2` }))
  const results = (of: typeof calls) => of.map(({ id }) => ({ type: 'tool_result', tool_use_id: id, content: 'sun' }))
  const messages = [
    asked,
    { role: 'assistant', content: first.content },
    { role: 'user', content: results(calls) },
    { role: 'assistant', content: again },
    { role: 'user', content: results(again) },
  ]
  const second = await ask({ ...settings, messages })
  expect([second.status, second.dropped], second.text).toEqual([200, null])
  // It has thought again.
  expect(second.text).toContain('"type":"thinking"')
})
