import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openService, type Service } from '../../src/cli/open-service.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { AnthropicUpstream } from '../upstreams/anthropic-upstream.ts'
import { GeminiUpstream } from '../upstreams/gemini-upstream.ts'
import { OpenAiUpstream } from '../upstreams/openai-upstream.ts'

const anthropic = new AnthropicUpstream()
const gemini = new GeminiUpstream({ apiKey: 'sk-reference', models: ['gemini-2.5-flash-lite'] })
const openai = new OpenAiUpstream()
let folder: string
let service: Service
let url: string

/** The configuration as a user writes it: one LLM of either vendor, and one of two efforts. */
function configuration(): string {
  return `
providers:
  anthropic: { preset: anthropic, base_url: "${anthropic.origin}", api_key: env:KEY }
  openai: { preset: openai, base_url: "${openai.origin}/v1", api_key: env:KEY }
  gemini: { preset: gemini, base_url: "${gemini.origin}/v1beta", api_key: env:KEY }
  responses: { kind: openai-responses, base_url: "${openai.origin}/v1", api_key: env:KEY }
llms:
  - { id: claude, provider: anthropic, model: claude-haiku-4-5, price: { input: 1, output: 2 } }
  - { id: gemini, provider: gemini, model: gemini-2.5-flash-lite, price: { input: 2000, output: 2000 } }
  - { id: gpt, provider: openai, model: ref-chat, price: { input: 50, output: 90 } }
  - id: thinker
    provider: responses
    model: ref-reasoning
    price: { input: 1000, output: 1000 }
    efforts: [low, high]
    capabilities: { reasoning: true }
aliases: { claude-*: claude, gpt-4o: "auto:cost" }
routing: { starter: false, seed: 1, exploration: { enabled: false } }
`
}

beforeAll(async () => {
  await Promise.all([anthropic.listen(), gemini.listen(), openai.listen()])
  folder = mkdtempSync(path.join(tmpdir(), 'pointsman-parameters-'))
  writeFileSync(path.join(folder, 'pointsman.yaml'), configuration())
  const environment = { KEY: 'sk-reference' }
  const log = { info: () => {}, warn: () => {}, error: () => {} }
  service = await openService(loadConfig({ environment, folder }), environment, log)
  url = (await service.gateway.listen('127.0.0.1', 0)).url
})
afterAll(async () => {
  await service.close()
  await Promise.all([anthropic.close(), gemini.close(), openai.close()])
  rmSync(folder, { recursive: true, force: true })
})

async function post(where: string, body: object) {
  const response = await fetch(url + where, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'anthropic-version': '2023-06-01' },
    body: JSON.stringify(body),
  })
  const json = (await response.json()) as Record<string, never>
  return {
    status: response.status,
    dropped: response.headers.get('x-pointsman-dropped-params'),
    headers: response.headers,
    json,
  }
}

const messages = [{ role: 'user', content: 'What is 2 + 2?' }]

describe('parameters through the gateway', () => {
  test('an answer names what its API dropped', async () => {
    const claude = await post('/v1/chat/completions', { model: 'claude', messages, seed: 1, top_p: 0.5, mirostat: 2 })
    expect(claude).toMatchObject({ status: 200, dropped: 'seed, mirostat' })
    const gpt = await post('/v1/chat/completions', { model: 'gpt', messages, seed: 1 })
    expect(gpt).toMatchObject({ status: 200, dropped: null })
  })

  test('… a stream too', async () => {
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'claude', messages, stream: true, presence_penalty: 1 }),
    })
    expect(response.headers.get('x-pointsman-dropped-params')).toBe('presence_penalty')
    expect(await response.text()).toContain('[DONE]')
  })

  test('nothing is dropped of a request for the very API that answers', async () => {
    const body = { model: 'claude', max_tokens: 100, messages, top_k: 5, metadata: { user_id: 'u' } }
    expect(await post('/v1/messages', body)).toMatchObject({ status: 200, dropped: null })
    const elsewhere = await post('/v1/messages', { ...body, model: 'thinker@low', max_tokens: 5000 })
    expect(elsewhere.status).toBe(200)
    expect(elsewhere.dropped).toContain('top_k')
  })

  test('what an API refuses goes to others; naming it is an error that names the parameter', async () => {
    const asked = { messages, logprobs: true }
    const routed = await post('/v1/chat/completions', { model: 'auto', ...asked })
    expect(routed.headers.get('x-pointsman-llm')).toBe('gpt')
    const preview = await post('/v1/route', { model: 'auto', ...asked })
    expect(preview.json.excluded).toContainEqual({ llm: 'claude', reason: 'unsupported_parameter', detail: 'logprobs' })
    const named = await post('/v1/chat/completions', { model: 'claude', ...asked })
    expect(named).toMatchObject({
      status: 400,
      json: {
        error: {
          param: 'logprobs',
          message: "'logprobs' cannot be served by claude, which is reached through Anthropic's Messages API",
        },
      },
    })
  })

  test('tools and files of a vendor go to that vendor alone', async () => {
    for (const tool of [{ google_search: {} }, { type: 'url_context' }]) {
      const answer = await post('/v1/chat/completions', { model: 'gemini', messages, tools: [tool] })
      expect(answer.status).toBe(200)
      expect(gemini.requests.at(-1)?.body).toMatchObject({ tools: [expect.any(Object)] })
      const elsewhere = await post('/v1/chat/completions', { model: 'thinker@high', messages, tools: [tool] })
      expect(elsewhere).toMatchObject({ status: 400, json: { error: { param: 'tools' } } })
    }
    const mcp = { type: 'mcp_toolset', mcp_server_name: 's' }
    const asOpenAi = await post('/v1/chat/completions', { model: 'thinker@high', messages, tools: [mcp] })
    expect(asOpenAi.json).toMatchObject({ error: { message: expect.stringContaining("'tools:hosted:anthropic'") } })
    const content = [{ type: 'file', file: { file_id: 'file-6F2ksmvXxt4VdoqmHRw6kL' } }]
    const preview = await post('/v1/route', { model: 'auto', messages: [{ role: 'user', content }] })
    const why = { reason: 'unsupported_parameter', detail: 'content:file_by_id:openai' }
    expect(preview.json.excluded).toEqual([
      { llm: 'claude', ...why },
      { llm: 'gemini', ...why },
    ])
  })

  test('thinking that is switched off is no effort', async () => {
    const off = { messages, thinking: { type: 'disabled' } }
    const named = await post('/v1/chat/completions', { model: 'thinker@high', ...off })
    expect(named).toMatchObject({ status: 400, json: { error: { param: 'reasoning_effort' } } })
    const preview = await post('/v1/route', { model: 'auto', ...off, max_tokens: 100 })
    expect(preview.json.excluded).toEqual([
      { llm: 'thinker@low', reason: 'other_effort', detail: 'low' },
      { llm: 'thinker@high', reason: 'other_effort', detail: 'high' },
    ])
  })

  test('each effort is an LLM, which thinks as hard as its name says', async () => {
    const answer = await post('/v1/chat/completions', { model: 'thinker@high', messages })
    expect(answer.status).toBe(200)
    expect(openai.requests.at(-1)?.body).toMatchObject({ model: 'ref-reasoning', reasoning: { effort: 'high' } })
    const other = await post('/v1/chat/completions', { model: 'thinker@high', messages, reasoning_effort: 'low' })
    expect(other).toMatchObject({ status: 400, json: { error: { param: 'reasoning_effort' } } })
    const preview = await post('/v1/route', { model: 'auto', messages, reasoning_effort: 'low', max_tokens: 512 })
    expect(preview.json.excluded).toEqual([
      { llm: 'thinker@high', reason: 'other_effort', detail: 'high' },
      { llm: 'thinker@low', reason: 'reasoning_headroom', detail: null },
    ])
    const capped = await post('/v1/chat/completions', { model: 'thinker@low', messages, max_tokens: 512 })
    expect(capped.status).toBe(200)
  })

  test('aliases stand for LLMs and for auto, and are listed', async () => {
    const aliased = await post('/v1/messages', { model: 'claude-opus-9', max_tokens: 100, messages })
    expect(aliased.headers.get('x-pointsman-llm')).toBe('claude')
    expect((await post('/v1/chat/completions', { model: 'gpt-4o', messages })).status).toBe(200)
    const { data } = (await (await fetch(`${url}/v1/models`)).json()) as { data: { id: string; pointsman: object }[] }
    expect(data.find(({ id }) => id === 'gpt-4o')?.pointsman).toEqual({
      ...{ kind: 'alias', stands_for: 'auto:cost', among: null },
    })
    expect(data.map(({ id }) => id)).not.toContain('claude-*')
    const kindOf = async (name: string) => {
      const { id, pointsman } = (await (await fetch(`${url}/v1/models/${name}`)).json()) as (typeof data)[number]
      return [id, (pointsman as { kind: string }).kind]
    }
    expect(await kindOf('claude-opus-9')).toEqual(['claude-opus-9', 'alias'])
    expect(await kindOf('claude')).toEqual(['claude', 'llm'])
    expect(await kindOf('auto:3')).toEqual(['auto:3', 'router'])
    expect(data.find(({ id }) => id === 'thinker@low')?.pointsman).toMatchObject({ reasoning_effort: 'low' })
  })
})
