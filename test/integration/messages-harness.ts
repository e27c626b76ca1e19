import { afterEach } from 'vitest'
import type { JsonObject } from '../../src/providers/chat-provider.ts'
import {
  type ScriptedAnswer,
  ScriptedProvider,
  scriptedCompletion,
  scriptedEvents,
} from '../../src/providers/scripted/scripted-provider.ts'
import { type Harness, type HarnessOptions, startHarness } from './gateway-harness.ts'

export const path = '/v1/messages'
export const usage = { inputTokens: 1_000, outputTokens: 500 }
/** 1,000 × 1 $/M + 500 × 2 $/M. */
export const usageCostUsd = 0.002
export const hello = { model: 'auto', max_tokens: 100, messages: [{ role: 'user', content: 'What is 2 + 2?' }] }
export const pinned = { ...hello, model: 'small' }

const running: Harness[] = []

afterEach(async () => {
  await Promise.all(running.splice(0).map(({ gateway }) => gateway.close()))
})

export async function start(options: HarnessOptions): Promise<Harness> {
  const harness = await startHarness(options)
  running.push(harness)
  return harness
}

export function scripted(...answers: ScriptedAnswer[]): ScriptedProvider {
  return new ScriptedProvider({ answers })
}

export const saying = (text: string) => scripted({ completion: scriptedCompletion(text, usage) })
export const streaming = (...pieces: string[]) => scripted({ steps: scriptedEvents(pieces, usage) })

export interface SseEvent {
  readonly name: string
  readonly data: JsonObject
}

export async function readEvents(response: Response): Promise<readonly SseEvent[]> {
  const text = await response.text()
  return text
    .split('\n\n')
    .filter((block) => block !== '')
    .map((block) => {
      const [event = '', data = '', ...more] = block.split('\n')
      if (more.length > 0 || !event.startsWith('event: ') || !data.startsWith('data: ')) {
        throw new Error(`Not a named event: ${block}`)
      }
      return { name: event.slice(7), data: JSON.parse(data.slice(6)) as JsonObject }
    })
}

export function bodyOf(response: Response): Promise<JsonObject> {
  return response.json() as Promise<JsonObject>
}

export function toolCallCompletion(...calls: readonly (readonly [id: string, name: string, json: string])[]) {
  const completion = scriptedCompletion('', usage)
  const message = {
    role: 'assistant',
    content: null,
    tool_calls: calls.map(([id, name, json]) => ({ id, type: 'function', function: { name, arguments: json } })),
  }
  return { ...completion, body: { ...completion.body, choices: [{ index: 0, message, finish_reason: 'tool_calls' }] } }
}

export const weatherTool = {
  name: 'weather',
  description: 'Tells the weather',
  input_schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
}
