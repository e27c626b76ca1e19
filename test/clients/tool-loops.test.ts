import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type GatewayUnderTest, serveGateway } from './gateway-under-test.ts'
import { citySchema, weatherIn } from './probes/probe.ts'
import { type FamilyName, providerFamilies, thinkingLlmOf } from './provider-families.ts'

/** A conversation in one dialect, kept as the client of that dialect keeps it. */
interface Conversation {
  /** Asks and answers every tool call until there is none. @returns the last text. */
  say(text: string, allowed: (turn: number) => string): Promise<string>
  /** The LLMs that answered, in order. */
  readonly answered: readonly string[]
}

const families = providerFamilies.map(({ name }) => name)
const answer = 'The tools say: Oslo: 3 degrees | Rome: 19 degrees'
const allow = (llm: string) => ({ headers: { 'x-pointsman-allow': llm } })

function overChat({ url, apiKey }: GatewayUnderTest): Conversation {
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 })
  const messages: OpenAI.ChatCompletionMessageParam[] = []
  const answered: string[] = []
  const tools = [{ type: 'function' as const, function: { name: 'get_weather', parameters: citySchema } }]
  return {
    answered,
    async say(text, allowed) {
      messages.push({ role: 'user', content: text })
      for (let turn = 0; ; turn++) {
        const request = { model: 'auto', messages, tools, reasoning_effort: 'low' as const }
        const { model, choices } = await client.chat.completions.create(request, allow(allowed(turn)))
        const message = choices[0]!.message
        answered.push(model)
        messages.push(message)
        if ((message.tool_calls ?? []).length === 0) return message.content ?? ''
        for (const call of message.tool_calls ?? []) {
          if (call.type !== 'function') throw new Error(`a ${call.type} tool was called`)
          const { city } = JSON.parse(call.function.arguments) as { city: string }
          messages.push({ role: 'tool', tool_call_id: call.id, content: weatherIn(city) })
        }
      }
    },
  }
}

function overMessages({ url, apiKey }: GatewayUnderTest): Conversation {
  const client = new Anthropic({ baseURL: url, apiKey, maxRetries: 0 })
  const messages: Anthropic.MessageParam[] = []
  const answered: string[] = []
  const input_schema = { ...citySchema, required: [...citySchema.required] }
  const tools = [{ name: 'get_weather', input_schema }]
  const thinking = { type: 'enabled', budget_tokens: 1024 } as const
  return {
    answered,
    async say(text, allowed) {
      messages.push({ role: 'user', content: text })
      for (let turn = 0; ; turn++) {
        const request = { model: 'auto', max_tokens: 2000, messages, tools, thinking }
        const message = await client.messages.create(request, allow(allowed(turn)))
        answered.push(message.model)
        messages.push({ role: 'assistant', content: message.content })
        const calls = message.content.filter((block) => block.type === 'tool_use')
        if (calls.length === 0) {
          return message.content.map((block) => (block.type === 'text' ? block.text : '')).join('')
        }
        const results = calls.map(({ id, input }) => {
          const { city } = input as { city: string }
          return { type: 'tool_result' as const, tool_use_id: id, content: weatherIn(city) }
        })
        messages.push({ role: 'user', content: results })
      }
    },
  }
}

function overResponses({ url, apiKey }: GatewayUnderTest): Conversation {
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 })
  const input: OpenAI.Responses.ResponseInputItem[] = []
  const answered: string[] = []
  const parameters = citySchema as unknown as Record<string, unknown>
  const tools = [{ type: 'function' as const, name: 'get_weather', parameters, strict: true }]
  return {
    answered,
    async say(text, allowed) {
      input.push({ role: 'user', content: text })
      for (let turn = 0; ; turn++) {
        const include: OpenAI.Responses.ResponseIncludable[] = ['reasoning.encrypted_content']
        const request = { model: 'auto', input, tools, include, reasoning: { effort: 'low' as const } }
        const response = await client.responses.create(request, allow(allowed(turn)))
        answered.push(response.model)
        input.push(...(response.output as OpenAI.Responses.ResponseInputItem[]))
        const calls = response.output.filter((item) => item.type === 'function_call')
        if (calls.length === 0) return response.output_text
        for (const call of calls) {
          const { city } = JSON.parse(call.arguments) as { city: string }
          input.push({ type: 'function_call_output', call_id: call.call_id, output: weatherIn(city) })
        }
      }
    },
  }
}

const dialects = [
  { dialect: 'chat', converse: overChat },
  { dialect: 'responses', converse: overResponses },
  { dialect: 'messages', converse: overMessages },
]

describe.each(dialects)('tool loops over $dialect, routed by auto', ({ converse }) => {
  let gateway: GatewayUnderTest

  beforeAll(async () => {
    gateway = await serveGateway()
  })

  afterAll(() => gateway?.close())

  const pairs = families.flatMap((first) => families.map((second) => [first, second] as [FamilyName, FamilyName]))

  test.each(pairs)('%s calls the tools, %s reads what they say', async (first, second) => {
    const conversation = converse(gateway)
    const llms = [thinkingLlmOf(first), thinkingLlmOf(second)]
    expect(await conversation.say('Weather in Oslo and Rome?', (turn) => llms[turn] ?? '')).toBe(answer)
    expect(conversation.answered).toEqual(llms)
  })

  test('every family in turn, over one history', async () => {
    const conversation = converse(gateway)
    for (const [index, family] of families.entries()) {
      const next = families[(index + 1) % families.length] ?? family
      const llms = [thinkingLlmOf(family), thinkingLlmOf(next)]
      const said = await conversation.say('And now, in Oslo and Rome?', (turn) => llms[turn] ?? '')
      expect(said).toBe(answer)
    }
    expect(conversation.answered).toHaveLength(2 * families.length)
  })

  test('as the router likes, again and again', async () => {
    const conversation = converse(gateway)
    for (let round = 0; round < 4; round++) {
      expect(await conversation.say(`Round ${round}: Oslo and Rome?`, () => '*')).toBe(answer)
    }
  })
})
