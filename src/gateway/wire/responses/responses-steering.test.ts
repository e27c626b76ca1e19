import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../providers/chat-provider.ts'
import { takeIn } from './__fixtures__/take-in.ts'

const user = { type: 'message', role: 'user', content: 'hello' }

describe('callers who may not choose the LLM and its price', () => {
  const auto = (body: JsonObject) => takeIn({ model: 'auto', input: [user], ...body })
  const search = [{ type: 'web_search' }]

  it.each<[string, JsonObject]>([
    ['tools[0].type', { tools: search }],
    ['tools[0].tools[0].type', { tools: [{ type: 'namespace', name: 'n', description: '', tools: search }] }],
    ['input[1].tools[0].type', { input: [user, { type: 'additional_tools', role: 'developer', tools: search }] }],
    ['input[0].tools[0].type', { input: [{ type: 'tool_search_output', call_id: 'c', tools: search }] }],
    ['input[0].type', { input: [{ type: 'not_yet_invented' }] }],
    ['input[1].reasoning', { input: [user, { type: 'configuration_update', reasoning: { effort: 'high' } }] }],
    ['prompt_cache_options.ttl', { prompt_cache_options: { ttl: '12h' } }],
    ['access_programs', { access_programs: { cyber: 'standard' } }],
    ['moderation', { moderation: { model: 'm' } }],
    ['reasoning.mode', { reasoning: { mode: 'pro' } }],
  ])('are told of %s', async (param, body) => {
    await expect(auto(body)).rejects.toMatchObject({ code: 'invalid_request', param })
    await takeIn({ input: [user], ...body })
  })

  it('may use tools that they run themselves', async () => {
    const tools = [
      { type: 'function', name: 'f' },
      { type: 'shell', environment: { type: 'local' } },
    ]
    await auto({ tools, input: [user, { type: 'additional_tools', role: 'developer', tools }] })
    await auto({ prompt_cache_options: { mode: 'explicit', ttl: '30m' }, reasoning: { mode: 'standard' } })
  })
})
