import { request } from 'node:http'
import { afterEach, expect, test } from 'vitest'
import { defaultFeedbackOptions } from '../../src/gateway/feedback/feedback-options.ts'
import {
  type ScriptedAnswer,
  ScriptedProvider,
  scriptedCompletion,
  scriptedEvents,
} from '../../src/providers/scripted/scripted-provider.ts'
import { type Harness, startHarness, userMessage } from './gateway-harness.ts'

const feedback = { ...defaultFeedbackOptions, implicit: { retry: false, abort: true } }
const hangingAfter = (events: number): ScriptedAnswer => ({
  steps: [...scriptedEvents(['4', ' and', ' more']).slice(0, events), { type: 'hang' }],
})
const afterContent = hangingAfter(3)

let harness: Harness

afterEach(() => harness.gateway.close())

async function start(answer: ScriptedAnswer, gateway: object = { feedback }): Promise<ScriptedProvider> {
  const small = new ScriptedProvider({ answers: [answer, { completion: scriptedCompletion('4') }] })
  harness = await startHarness({ providers: { small }, gateway })
  return small
}

/** A caller that streams, and ends its connection as soon as `seen` is in what came. */
async function leaveAfter(seen: string): Promise<void> {
  const body = JSON.stringify({ ...userMessage(), stream: true })
  const headers = { 'content-type': 'application/json' }
  await new Promise<void>((resolve) => {
    const caller = request(`${harness.url}/v1/chat/completions`, { method: 'POST', headers }, (response) => {
      let text = ''
      response.on('error', () => resolve())
      response.on('close', resolve)
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString()
        if (text.includes(seen)) caller.destroy()
      })
    })
    caller.on('error', () => resolve())
    caller.end(body)
  })
}

const settled = (status: string) =>
  expect.poll(() => harness.decisions.rows.get('d00000001')?.settlement?.status).toBe(status)

/** What is said is stored in order: a sign of the first answer would stand before this word on the second. */
async function labelsUpToNow(): Promise<unknown[]> {
  expect((await harness.post('/v1/chat/completions', userMessage())).status).toBe(200)
  expect((await harness.post('/v1/feedback', { id: 'd00000002', score: 1 })).status).toBe(200)
  return harness.labels.map(({ decisionId, llm, source, kind, value, weight }) => [
    decisionId,
    llm,
    source,
    kind,
    value,
    weight,
  ])
}

const word = ['d00000002', 'small', 'user', 'score', 1, 1]

test('a caller that leaves after the first content says a tenth of a thumb down', async () => {
  const small = await start(afterContent)
  await leaveAfter('"4"')
  await settled('aborted')
  await expect.poll(() => small.openCalls).toBe(0)
  await expect.poll(() => harness.labels.length).toBe(1)
  expect(await labelsUpToNow()).toEqual([['d00000001', 'small', 'implicit:abort', 'thumbs', 0, 0.1], word])
})

test('nothing is taken where it is off', async () => {
  await start(afterContent, {})
  await leaveAfter('"4"')
  await settled('aborted')
  expect(await labelsUpToNow()).toEqual([word])
})

test('an answer that the gateway cut was not left by its caller', async () => {
  await start(afterContent, { feedback, maxAnswerMs: 200 })
  const answer = harness.post('/v1/chat/completions', { ...userMessage(), stream: true })
  expect(await (await answer).text()).toContain('upstream_timeout')
  await settled('cut')
  expect(await labelsUpToNow()).toEqual([word])
})

test('a caller that leaves before the first content says nothing of an LLM', async () => {
  const small = await start({ hang: true })
  const leaving = new AbortController()
  const body = JSON.stringify({ ...userMessage(), stream: true })
  const headers = { 'content-type': 'application/json' }
  const answer = fetch(`${harness.url}/v1/chat/completions`, { method: 'POST', headers, body, signal: leaving.signal })
  await expect.poll(() => small.openCalls).toBe(1)
  leaving.abort()
  await expect(answer).rejects.toThrow()
  await settled('aborted')
  expect(await labelsUpToNow()).toEqual([word])
})

test('an answer that was read to its end, by a caller that then leaves, says nothing', async () => {
  await start({ steps: scriptedEvents(['4']) })
  await leaveAfter('[DONE]')
  await settled('completed')
  expect(await labelsUpToNow()).toEqual([word])
})
