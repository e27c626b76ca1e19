import Anthropic from '@anthropic-ai/sdk'
import { betaZodTool } from '@anthropic-ai/sdk/helpers/beta/zod'
import { zodOutputFormat } from '@anthropic-ai/sdk/helpers/zod'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { report, weatherIn } from '../probes/probe.ts'
import { describeClient } from './client-suite.ts'

const reportShape = z.object({ title: z.string(), score: z.number(), done: z.boolean() })

const getWeather = betaZodTool({
  name: 'get_weather',
  description: 'The weather of a city',
  inputSchema: z.object({ city: z.string() }),
  run: ({ city }) => weatherIn(city),
})

// What the client does on top of the API; the API itself is the matrix's.
describeClient('helpers of the Anthropic SDK', ({ gateway, model }) => {
  const connect = () => new Anthropic({ baseURL: gateway().url, apiKey: gateway().apiKey, maxRetries: 0 })

  test('messages.parse', async () => {
    const output_config = { format: zodOutputFormat(reportShape) }
    const messages = [{ role: 'user' as const, content: 'Write a report' }]
    const message = await connect().messages.parse({ model, max_tokens: 1000, messages, output_config })
    expect(message.parsed_output).toEqual(report)
  })

  test.each([false, true])('beta.messages.toolRunner, streamed: %s', async (stream) => {
    const messages = [{ role: 'user' as const, content: 'Weather in Oslo and Rome?' }]
    const runner = connect().beta.messages.toolRunner({
      model,
      max_tokens: 1000,
      messages,
      tools: [getWeather],
      stream,
    })
    const { content } = await runner.runUntilDone()
    expect(content).toMatchObject([{ type: 'text', text: 'The tools say: Oslo: 3 degrees | Rome: 19 degrees' }])
  })
})
