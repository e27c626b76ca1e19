import { Agent, OpenAIProvider, Runner, tool } from '@openai/agents'
import OpenAI from 'openai'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { GatewayUnderTest } from '../gateway-under-test.ts'
import { pngBase64, report, weatherIn } from '../probes/probe.ts'
import { describeClient } from './client-suite.ts'

const getWeather = tool({
  name: 'get_weather',
  description: 'The weather of a city',
  parameters: z.object({ city: z.string() }),
  execute: async ({ city }) => weatherIn(city),
})

const reportShape = z.object({ title: z.string(), score: z.number(), done: z.boolean() })

function runnerFor({ url, apiKey }: GatewayUnderTest, useResponses: boolean): Runner {
  const modelProvider = new OpenAIProvider({ baseURL: `${url}/v1`, apiKey, useResponses })
  return new Runner({ modelProvider, tracingDisabled: true })
}

const apis = [
  { api: 'chat completions', useResponses: false },
  { api: 'Responses', useResponses: true },
]

describe.each(apis)('OpenAI Agents over $api', ({ api, useResponses }) => {
  describeClient(api, ({ gateway, model }) => {
    const agent = new Agent({ name: 'Assistant', instructions: 'Be brief.', model, tools: [getWeather] })

    test('a run without tools, with usage', async () => {
      const result = await runnerFor(gateway(), useResponses).run(agent, 'say hello to them')
      expect(result.finalOutput).toBe('hello to them')
      expect(result.state.usage.outputTokens).toBeGreaterThanOrEqual(3)
    })

    test('a run with parallel tool calls', async () => {
      const result = await runnerFor(gateway(), useResponses).run(agent, 'Weather in Oslo and Rome?')
      expect(result.finalOutput).toBe('The tools say: Oslo: 3 degrees | Rome: 19 degrees')
    })

    test('a streamed run with tool calls', async () => {
      const result = await runnerFor(gateway(), useResponses).run(agent, 'Weather in Oslo and Rome?', { stream: true })
      let text = ''
      for await (const piece of result.toTextStream()) text += piece
      await result.completed
      expect(text).toBe('The tools say: Oslo: 3 degrees | Rome: 19 degrees')
    })

    test('structured output', async () => {
      const reporter = new Agent({ name: 'Reporter', instructions: 'Report.', model, outputType: reportShape })
      const result = await runnerFor(gateway(), useResponses).run(reporter, 'Write a report')
      expect(result.finalOutput).toEqual(report)
    })

    test('a hand-off to another agent', async () => {
      const expert = new Agent({ name: 'Expert', instructions: 'Know it.', model })
      const first = new Agent({ name: 'First', instructions: 'Ask.', model, handoffs: [expert] })
      const result = await runnerFor(gateway(), useResponses).run(first, 'Oslo')
      expect(result.lastAgent?.name).toBe('Expert')
    })

    test('image', async () => {
      const content = [
        { type: 'input_text' as const, text: 'What is this?' },
        { type: 'input_image' as const, image: `data:image/png;base64,${pngBase64}` },
      ]
      const plain = new Agent({ name: 'Plain', instructions: 'Look.', model })
      const result = await runnerFor(gateway(), useResponses).run(plain, [{ role: 'user', content }])
      expect(result.finalOutput).toBe('I see 1 image(s).')
    })

    test('typed errors', async () => {
      const lost = new Agent({ name: 'Lost', instructions: 'No.', model: 'no-such-model' })
      const run = runnerFor(gateway(), useResponses).run(lost, 'say no')
      await expect(run).rejects.toBeInstanceOf(OpenAI.NotFoundError)
    })
  })
})
