import type OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ResponsesHarness, refusal, startResponsesHarness, weather } from './responses-harness.ts'

let responses: ResponsesHarness
let upstream: ResponsesHarness['upstream']
let harness: ResponsesHarness['harness']
let client: ResponsesHarness['client']
let stranger: ResponsesHarness['stranger']
beforeAll(async () => {
  responses = await startResponsesHarness()
  ;({ upstream, harness, client, stranger } = responses)
})

afterAll(() => responses.close())

describe('responses that are kept', () => {
  test('are retrieved and deleted by their own key alone', async () => {
    const made = await client.responses.create({ model: 'chat', input: 'say hi', store: true, metadata: { a: 'b' } })
    const found = await client.responses.retrieve(made.id)
    expect(found).toEqual(made)
    expect((await refusal(stranger.responses.retrieve(made.id))).code).toBe('response_not_found')
    expect((await refusal(stranger.responses.delete(made.id))).status).toBe(404)
    expect((await refusal(stranger.responses.inputItems.list(made.id))).status).toBe(404)
    const continued = stranger.responses.create({ model: 'chat', input: 'more', previous_response_id: made.id })
    expect(await refusal(continued)).toMatchObject({
      status: 400,
      code: 'previous_response_not_found',
      param: 'previous_response_id',
    })
    const cancelled = await refusal(client.responses.cancel(made.id))
    expect(cancelled).toMatchObject({ status: 400, code: 'unsupported_parameter' })
    const streamed = await refusal(client.responses.retrieve(made.id, { stream: true }))
    expect(streamed).toMatchObject({ status: 400, param: 'stream' })
    await client.responses.delete(made.id)
    expect((await refusal(client.responses.retrieve(made.id))).status).toBe(404)
  })

  test('are only those that ask for it', async () => {
    const made = await client.responses.create({ model: 'chat', input: 'say hi' })
    expect(made).toMatchObject({ store: false })
    expect((await refusal(client.responses.retrieve(made.id))).code).toBe('response_not_found')
    expect(harness.responses.rows.has(made.id.slice('resp_'.length))).toBe(false)
  })

  test('are kept from streams too, and continued by another LLM without instructions', async () => {
    const first = await client.responses
      .stream({ model: 'native', input: 'say hi', store: true, instructions: 'Talk like a pirate' })
      .finalResponse()
    expect(await client.responses.retrieve(first.id)).toMatchObject({ id: first.id, status: 'completed' })
    await client.responses.create({ model: 'chat', input: 'say more', previous_response_id: first.id })
    expect(responses.lastSent().body.messages).toEqual([
      { role: 'user', content: [{ type: 'text', text: 'say hi' }] },
      { role: 'assistant', content: 'hi' },
      { role: 'user', content: 'say more' },
    ])
  })

  test('cannot be continued once one before them is gone', async () => {
    const first = await client.responses.create({ model: 'chat', input: 'say a', store: true })
    const second = await client.responses.create({
      model: 'chat',
      input: 'say b',
      store: true,
      previous_response_id: first.id,
    })
    await client.responses.delete(first.id)
    const third = client.responses.create({ model: 'chat', input: 'say c', previous_response_id: second.id })
    expect((await refusal(third)).message).toContain(first.id)
  })

  test('give their items to references', async () => {
    const first = await client.responses.create({ model: 'chat', input: 'say a', store: true })
    const input = [
      { type: 'item_reference' as const, id: first.output[0]?.id ?? '' },
      { role: 'user' as const, content: 'say b' },
    ]
    const second = await client.responses.create({ model: 'chat', input })
    expect(second.output_text).toBe('b')
    expect(responses.lastSent().body.messages).toMatchObject([{ role: 'assistant', content: 'a' }, { role: 'user' }])
    const other = await refusal(stranger.responses.create({ model: 'chat', input }))
    expect(other).toMatchObject({ status: 400, param: 'input[0]' })
  })

  test('say that they are not kept when the store fails, and are answered all the same', async () => {
    harness.responses.fault = 'throws'
    const whole = await client.responses.create({ model: 'chat', input: 'say a', store: true })
    const streamed = await client.responses.stream({ model: 'native', input: 'say a', store: true }).finalResponse()
    harness.responses.fault = 'none'
    expect(whole).toMatchObject({ store: false, output_text: 'a' })
    expect(streamed).toMatchObject({ store: false, output_text: 'a' })
  })

  test('are listed in pages', async () => {
    const input = ['a', 'b', 'c'].map((content) => ({ role: 'user' as const, content }))
    const made = await client.responses.create({ model: 'chat', input, store: true })
    const page = await client.responses.inputItems.list(made.id, { limit: 2 })
    const texts = page.data.map((item) => item.type === 'message' && item.content[0])
    expect(texts).toMatchObject([{ text: 'c' }, { text: 'b' }])
    expect(page.has_more).toBe(true)
    const wrong = await refusal(client.responses.inputItems.list(made.id, { after: 'nobody' }))
    expect(wrong).toMatchObject({ status: 400, param: 'after' })
    expect((await refusal(client.responses.inputItems.list(made.id, { limit: 0 }))).param).toBe('limit')
  })
})

describe('what a request brings from the store', () => {
  test('is bounded as its body is', async () => {
    const image_url = `data:image/png;base64,${'A'.repeat(4_000_000)}`
    const content = [{ type: 'input_image' as const, image_url, detail: 'low' as const }]
    const ids = ['msg_big1', 'msg_big2', 'msg_big3']
    for (const id of ids) {
      const input = [{ type: 'message' as const, id, role: 'user' as const, content }]
      await client.responses.create({ model: 'native', store: true, input })
    }
    const sent = upstream.requests.length
    const reference = (id: string) => ({ type: 'item_reference' as const, id })
    const twice = client.responses.create({ model: 'native', input: [reference('msg_big1'), reference('msg_big1')] })
    expect(await refusal(twice)).toMatchObject({ status: 400, param: 'input[1]' })
    const much = client.responses.create({ model: 'native', input: ids.map(reference) })
    expect(await refusal(much)).toMatchObject({ status: 413 })
    expect(upstream.requests).toHaveLength(sent)
    await client.responses.create({ model: 'native', input: [reference('msg_big1')] })
  })

  test('is counted like any input', async () => {
    const count = (body: OpenAI.Responses.InputTokenCountParams) => client.responses.inputTokens.count(body)
    const short = await count({ model: 'chat', input: 'say hi' })
    expect(short).toEqual({ object: 'response.input_tokens', input_tokens: expect.any(Number) })
    const made = await client.responses.create({ model: 'chat', input: 'say hi '.repeat(50), store: true })
    const long = await count({ model: 'chat', input: 'say hi', previous_response_id: made.id })
    expect(long.input_tokens).toBeGreaterThan(short.input_tokens + 50)
    const compacted = await refusal(client.responses.compact({ model: 'gpt-5', input: 'say hi' }))
    expect(compacted).toMatchObject({ status: 400, code: 'unsupported_parameter' })
  })

  test('reaches OpenAI without the ids that were made here, and with calls as short as it takes', async () => {
    const call_id = 'c'.repeat(90)
    const first = await client.responses.create({
      model: 'claude',
      store: true,
      tools: [weather],
      input: [
        { role: 'user', content: 'Weather in Oslo?' },
        { type: 'function_call', call_id, name: 'weather', arguments: '{}' },
        { type: 'function_call_output', call_id, output: 'sun' },
      ],
    })
    const listed = await client.responses.inputItems.list(first.id)
    expect(listed.data.map(({ id }) => id)).toEqual(
      [2, 1, 0].map((at) => expect.stringMatching(new RegExp(`_in${at}$`))),
    )
    await client.responses.create({
      model: 'native',
      previous_response_id: first.id,
      tools: [weather],
      input: 'say so',
    })
    const items = responses.lastSent().body.input as { readonly id?: string; readonly call_id?: string }[]
    expect(items.map(({ id }) => id)).toEqual(items.map(() => undefined))
    const [called, answered] = items.flatMap((item) => item.call_id ?? [])
    expect(called).toBe(answered)
    expect(called?.length).toBeLessThanOrEqual(64)
  })
})
