import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { LiveJudgeParts } from '../../src/gateway/live-judge/judge-settings.ts'
import { judgeSpenderId } from '../../src/gateway/live-judge/judge-settings.ts'
import { AnthropicProvider } from '../../src/providers/anthropic/anthropic-provider.ts'
import type { ChatProvider } from '../../src/providers/chat-provider.ts'
import { OpenAiCompatibleProvider } from '../../src/providers/openai-compatible/openai-compatible-provider.ts'
import { OpenAiResponsesProvider } from '../../src/providers/openai-responses/openai-responses-provider.ts'
import { type Llm, unknownLlmProperties } from '../../src/routing/registry/llm.ts'
import { AnthropicUpstream } from '../upstreams/anthropic-upstream.ts'
import { OpenAiUpstream } from '../upstreams/openai-upstream.ts'
import { type Harness, type HarnessOptions, startHarness, userMessage } from './gateway-harness.ts'
import { completionBody, ScriptedUpstream, streamOf } from './scripted-upstream.ts'

/** Of the judge: 1 USD per million tokens in, 2 out. What it says here takes 11 and 3. */
const judgementNanoUsd = 11 * 1_000 + 3 * 2_000

let answering: ScriptedUpstream
let judging: ScriptedUpstream
let providers: Record<string, ChatProvider>
let harness: Harness

beforeAll(async () => {
  answering = await ScriptedUpstream.start()
  judging = await ScriptedUpstream.start()
  providers = {
    answerer: new OpenAiCompatibleProvider({ name: 'answering', baseUrl: answering.baseUrl }),
    judge: new OpenAiCompatibleProvider({ name: 'judging', baseUrl: judging.baseUrl }),
  }
})

beforeEach(() => {
  answering.requests.length = 0
  judging.requests.length = 0
  answering.plan({ kind: 'json', body: completionBody('It is 4.') })
  judging.plan({ kind: 'json', body: completionBody('{"reason": "right", "score": 9}') })
})

afterEach(() => harness.gateway.close())

afterAll(async () => {
  for (const provider of Object.values(providers)) await provider.close()
  await answering.close()
  await judging.close()
})

async function start(judge: Partial<LiveJudgeParts> = {}, options: Partial<HarnessOptions> = {}): Promise<Harness> {
  const random = { next: () => 0.5 }
  const settings = { llm: 'judge', share: 1, dailyCapUsd: 1, rubric: undefined, sources: ['routed', 'named'] } as const
  harness = await startHarness({ providers, ...options, judge: { ...settings, random, ...judge } })
  return harness
}

function labels(count: number): Promise<void> {
  return vi.waitFor(() => expect(harness.labels).toHaveLength(count), { timeout: 5_000 })
}

/** Of the one key, where there is one. */
function authorization(): Record<string, string> {
  const [secret] = harness.secrets.values()
  return secret === undefined ? {} : { authorization: `Bearer ${secret}` }
}

/** Of the metrics, what became of answers that were drawn to be judged. */
async function judged(): Promise<Record<string, number>> {
  const text = await (await harness.get('/metrics', authorization())).text()
  const lines = [...text.matchAll(/^pointsman_judged_answers_total\{outcome="(\w+)"\} (\d+)$/gm)]
  return Object.fromEntries(lines.map(([, outcome, count]) => [outcome, Number(count)]))
}

function becomes(outcomes: Record<string, number>): Promise<void> {
  return vi.waitFor(async () => expect(await judged()).toEqual(outcomes), { timeout: 5_000 })
}

describe('a judge of live answers', () => {
  it('grades a whole answer behind its back, and its grade is a label', async () => {
    await start({ rubric: 'Be right.' })
    const response = await harness.post('/v1/chat/completions', userMessage('What is 2 + 2?'))
    expect(response.status).toBe(200)
    await labels(1)
    expect(harness.labels[0]).toMatchObject({
      source: 'judge',
      kind: 'score',
      value: 0.9,
      llm: 'answerer',
      decisionId: 'd00000001',
    })
    const asked = JSON.stringify(judging.requests[0]?.body)
    for (const part of ['What is 2 + 2?', 'It is 4.', 'Be right.']) expect(asked).toContain(part)
    await becomes({ graded: 1 })
  })

  it('books what it costs as a charge of its own, for its cap and the gateway’s', async () => {
    await start()
    await harness.post('/v1/chat/completions', userMessage())
    await labels(1)
    const [stored] = [...harness.charges.rows.values()]
    expect(stored?.charge).toMatchObject({ model: 'judge', keyId: judgeSpenderId })
    expect(stored?.settlement).toMatchObject({ status: 'completed', costNanoUsd: judgementNanoUsd })
    const left = harness.spend.remainingUsd({ keyId: judgeSpenderId, dailyCapUsd: 1 })
    expect(left).toBeCloseTo(1 - judgementNanoUsd / 1e9, 12)
    const answerNanoUsd = 11 * 1_000 + 3 * 2_000
    expect(harness.spend.spentTodayUsd).toBeCloseTo((answerNanoUsd + judgementNanoUsd) / 1e9, 12)
  })

  it('grades a stream once it has ended', async () => {
    await start()
    answering.plan({ kind: 'sse', events: streamOf('It ', 'is ', 'four.') })
    const response = await harness.post('/v1/chat/completions', { ...userMessage(), stream: true })
    expect(await response.text()).toContain('[DONE]')
    await labels(1)
    expect(JSON.stringify(judging.requests[0]?.body)).toContain('It is four.')
  })

  it('grades nothing that broke off', async () => {
    await start()
    answering.plan({ kind: 'sse', events: streamOf('It ', 'is ').slice(0, 2), ending: 'cut' })
    const response = await harness.post('/v1/chat/completions', { ...userMessage(), stream: true })
    await response.text().catch(() => undefined)
    await harness.gateway.close()
    expect(judging.requests).toHaveLength(0)
  })

  it('judges the drawn share of the sources asked for', async () => {
    const draws = [0.9, 0.1, 0.3]
    await start({ share: 0.25, sources: ['routed'], random: { next: () => draws.shift() ?? 1 } })
    await harness.post('/v1/chat/completions', { ...userMessage(), model: 'answerer' })
    expect(draws).toHaveLength(3)
    for (let i = 0; i < 3; i++) await harness.post('/v1/chat/completions', userMessage())
    await labels(1)
    expect(harness.labels[0]?.decisionId).toBe('d00000003')
  })
})

describe('whom a judge may not see', () => {
  it('keeps the allow and deny of the request', async () => {
    await start()
    const post = (pointsman: object) => harness.post('/v1/chat/completions', { ...userMessage(), pointsman })
    await post({ deny: ['judge'] })
    await post({ deny: ['jud*'] })
    await post({ allow: ['answerer'] })
    await post({ allow: ['tag:eu'] })
    await becomes({ not_permitted: 4 })
    expect(judging.requests).toHaveLength(0)
  })

  it('keeps the deny of the key', async () => {
    await start({}, { keys: [{ id: 'k', scopes: ['inference', 'admin'], preference: { deny: ['judge'] } }] })
    expect((await harness.post('/v1/chat/completions', userMessage(), authorization())).status).toBe(200)
    await becomes({ not_permitted: 1 })
    expect(judging.requests).toHaveLength(0)
  })

  it('keeps them where the judge changes while answers wait', async () => {
    const real = providers.judge!
    let free = (): void => {}
    const busy = new Promise<void>((resolve) => {
      free = resolve
    })
    const slow: ChatProvider = {
      complete: async (...asked) => {
        await busy
        return real.complete(...asked)
      },
      stream: (...asked) => real.stream(...asked),
      probe: (signal) => real.probe(signal),
      close: async () => {},
    }
    await start({}, { providers: { ...providers, judge: slow } })
    for (let i = 0; i < 2; i++) await harness.post('/v1/chat/completions', userMessage())
    await harness.post('/v1/chat/completions', { ...userMessage(), pointsman: { deny: ['tag:abroad'] } })
    harness.router.pool.set({ ...harness.router.pool.require('judge'), tags: ['abroad'] })
    free()
    await becomes({ graded: 2, not_permitted: 1 })
    expect(judging.requests).toHaveLength(2)
  })

  it('leaves out what it cannot see, and its own answers', async () => {
    await start()
    const image = [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }]
    await harness.post('/v1/chat/completions', userMessage(image))
    await harness.post('/v1/chat/completions', { ...userMessage(), model: 'judge' })
    await harness.post('/v1/chat/completions', userMessage('x'.repeat(250_000)))
    await becomes({ not_text: 1, own_answer: 1, too_long: 1 })
    expect(harness.labels).toHaveLength(0)
  })

  it('does nothing where its price is not known, because no cap would hold', async () => {
    const toLlm = (id: string): Llm => ({ ...unknownLlmProperties, id, provider: 'scripted', upstreamModel: id })
    await start({}, { llms: ['answerer', 'judge'].map(toLlm) })
    await harness.post('/v1/chat/completions', userMessage())
    await becomes({ no_judge: 1 })
  })
})

describe('a judge that fails', () => {
  it('asks no more than its daily cap allows', async () => {
    // A question takes about 500 tokens in and up to 2,000 out: some 4,500,000 nano-USD set aside.
    await start({ dailyCapUsd: 0.006 })
    for (let i = 0; i < 3; i++) {
      await harness.post('/v1/chat/completions', userMessage())
      await labels(i + 1)
    }
    const spent = harness.spend.remainingUsd({ keyId: judgeSpenderId, dailyCapUsd: 0.006 })
    expect(spent).toBeCloseTo(0.006 - (3 * judgementNanoUsd) / 1e9, 12)
    judging.plan({
      kind: 'json',
      body: completionBody('{"score": 9}', { usage: { prompt_tokens: 900, completion_tokens: 2_000 } }),
    })
    await harness.post('/v1/chat/completions', userMessage())
    await labels(4)
    await harness.post('/v1/chat/completions', userMessage())
    await becomes({ graded: 4, over_cap: 1 })
    expect(judging.requests).toHaveLength(4)
  })

  it.each([
    ['is down', { kind: 'reset' }],
    ['answers 500', { kind: 'json', status: 500, body: { error: { message: 'no' } } }],
    ['says no score', { kind: 'json', body: completionBody('I like it.') }],
  ] as const)('changes no answer when it %s', async (_, plan) => {
    await start()
    judging.plan(plan)
    const response = await harness.post('/v1/chat/completions', userMessage())
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({ choices: [{ message: { content: 'It is 4.' } }] })
    await becomes({ not_graded: 1 })
    expect(harness.labels).toHaveLength(0)
    expect(harness.logged.some(({ message }) => message === 'an answer could not be judged')).toBe(true)
  })

  it('drops what it cannot keep up with, and holds up neither answers nor the end', async () => {
    await start()
    judging.plan({ kind: 'hang' })
    for (let i = 0; i < 70; i++) expect((await harness.post('/v1/chat/completions', userMessage())).status).toBe(200)
    // Two are being judged, 64 wait.
    expect(await judged()).toEqual({ dropped: 4 })
    await harness.gateway.close()
    expect(harness.router.inFlight.get('judge') ?? 0).toBe(0)
  })

  it('loses the label where the store is lost, and says so', async () => {
    await start()
    harness.feedback.fault = 'throws'
    expect((await harness.post('/v1/chat/completions', userMessage())).status).toBe(200)
    await becomes({ not_graded: 1 })
  })
})

describe('a judge of other dialects', () => {
  const openai = new OpenAiUpstream()
  const anthropic = new AnthropicUpstream()
  let native: Record<string, ChatProvider>

  beforeAll(async () => {
    await openai.listen()
    await anthropic.listen()
    const { baseUrl, apiKey } = openai
    native = {
      claude: new AnthropicProvider({ name: 'anthropic', baseUrl: anthropic.origin, apiKey: 'k' }),
      gpt: new OpenAiResponsesProvider({ name: 'openai', baseUrl, apiKey }),
    }
  })

  afterAll(async () => {
    for (const provider of Object.values(native)) await provider.close()
    await openai.close()
    await anthropic.close()
  })

  const said = 'one two three'
  const tools = [
    { name: 'weather', description: 'x', input_schema: { type: 'object', properties: { city: { type: 'string' } } } },
  ]
  const messages = [{ role: 'user', content: `say ${said}` }]
  it.each([
    ['Messages, whole', 'claude', '/v1/messages', { max_tokens: 99, messages }, said],
    ['Messages, stream', 'claude', '/v1/messages', { max_tokens: 99, messages, stream: true }, said],
    [
      'Messages, tools',
      'claude',
      '/v1/messages',
      { max_tokens: 99, tools, messages: [{ role: 'user', content: 'Weather in Oslo?' }] },
      '[calls the tool weather with',
    ],
    [
      'Messages, tools, stream',
      'claude',
      '/v1/messages',
      { max_tokens: 99, tools, stream: true, messages: [{ role: 'user', content: 'Weather in Oslo?' }] },
      '[calls the tool weather with',
    ],
    ['Responses, whole', 'gpt', '/v1/responses', { input: `say ${said}` }, said],
    ['Responses, stream', 'gpt', '/v1/responses', { input: `say ${said}`, stream: true }, said],
    ['chat completions of Claude, stream', 'claude', '/v1/chat/completions', { messages, stream: true }, said],
  ] as const)('%s', async (_, id, path, body, expected) => {
    const toLlm = (llm: string, upstreamModel: string): Llm => ({
      ...unknownLlmProperties,
      id: llm,
      provider: 'fixture',
      upstreamModel,
      price: { inputPerMillionTokensUsd: 1, outputPerMillionTokensUsd: 2 },
    })
    const model = id === 'claude' ? 'claude-sonnet-4-6' : 'ref-chat'
    const llms = [toLlm(id, model), toLlm('judge', 'judge')]
    await start({}, { providers: { [id]: native[id]!, judge: providers.judge! }, llms })
    const response = await harness.post(path, { model: 'auto', ...body })
    expect(response.status, await response.clone().text()).toBe(200)
    await response.text()
    await labels(1)
    const question = JSON.stringify(judging.requests[0]?.body)
    expect(question.slice(question.indexOf('ANSWER TO BE JUDGED'))).toContain(expected)
  })
})
