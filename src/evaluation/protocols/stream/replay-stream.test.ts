import { expect, test } from 'vitest'
import type { OutcomeData } from '../../../outcomes/outcome-data.ts'
import type { OnlineFeedback } from '../../online/online-policy.ts'
import { referenceRuns } from './reference-policies.ts'
import { replayStream, type StreamPolicy, type StreamRequest } from './replay-stream.ts'
import type { StreamCase } from './stream-case.ts'

test('a policy hears about its own choice alone, in order, before the next request', async () => {
  const heard: [number, OnlineFeedback][] = []
  const spy: StreamPolicy = {
    choose: (request) => request.prompt % 2,
    learn: (request, feedback) => heard.push([request.prompt, feedback]),
  }
  const record = await replayStream(made(), [2, 0, 1], spy, { load: undefined, feedback: 'refined' })
  expect(record.answered).toEqual([0, 0, 1])
  expect(heard.map(([prompt, { llm, quality }]) => [prompt, llm, quality])).toEqual([
    [2, 0, 0.2],
    [0, 0, 0.6],
    [1, 1, 0.9],
  ])
})

test('requests show no outcome', async () => {
  const seen: StreamRequest[] = []
  const spy: StreamPolicy = { choose: (request) => seen.push(request) && 0, learn: () => undefined }
  await replayStream(made(), [0], spy, { load: undefined, feedback: 'none' })
  expect(Object.keys(seen[0]!).sort()).toEqual([
    'candidates',
    'context',
    'inputTokens',
    'nowMs',
    'prompt',
    'text',
    'waitMs',
  ])
})

test('a thumb asks for quality above .7 within 15 s; without feedback nothing is heard', async () => {
  const thumbs: (boolean | undefined)[] = []
  const spy: StreamPolicy = {
    choose: () => 1,
    learn: (_, { satisfied, quality }) => {
      expect(quality).toBeUndefined()
      thumbs.push(satisfied)
    },
  }
  const load = { timeLimitMs: 30_000 }
  // One slot of 10 s at ten requests a second: completions at 10, 19.9, 29.8, 39.7 s after arrival.
  const record = await replayStream(made(), [1, 1, 0, 1], spy, { load, feedback: 'binary' })
  expect(thumbs).toEqual([true, false, false, false])
  expect(record.late).toEqual([3])
  await replayStream(made(), [1], spy, { load, feedback: 'none' })
  expect(thumbs.length).toBe(4)
})

test('under load feedback comes when the answer is complete, and what is still on its way comes at the end', async () => {
  const events: string[] = []
  const spy: StreamPolicy = {
    choose: ({ prompt }) => {
      events.push(`ask ${prompt}`)
      return prompt === 0 ? 1 : 0
    },
    learn: ({ prompt }) => events.push(`hear ${prompt}`),
  }
  // A request every 200 ms; the dear LLM takes 10 s, the cheap one .1 s.
  const load = { timeLimitMs: 30_000, factor: 0.5 }
  await replayStream(made(), [0, 1, 2], spy, { load, feedback: 'refined' })
  expect(events).toEqual(['ask 0', 'ask 1', 'hear 1', 'ask 2', 'hear 2', 'hear 0'])
})

test('the oracle passes over LLMs of unknown outcome', async () => {
  const from = made()
  from.data.quality[1] = Number.NaN
  from.data.quality[2] = Number.NaN
  const run = referenceRuns(from, undefined).find((each) => each.name === 'oracle')!
  const { answered } = await replayStream(from, [0, 1], run.policy, { load: undefined, feedback: 'none' })
  expect(answered).toEqual([0, 1])
})

test('waiting times are those of the last refresh', async () => {
  const waits: number[] = []
  const spy: StreamPolicy = {
    choose: (request) => {
      waits.push(request.waitMs![1]!)
      return 1
    },
    learn: () => undefined,
  }
  const load = { timeLimitMs: 30_000, factor: 0.02 }
  // One request every 5 s, each taking 10: seen at 0 and 10 s.
  await replayStream(made(), [0, 0, 0], spy, { load, feedback: 'none' })
  expect(waits).toEqual([0, 0, 10_000])
})

test('references: cheapest, best and the oracle’s cheapest of the best', async () => {
  const from = made()
  const answers = async (name: string) => {
    const run = referenceRuns(from, undefined).find((each) => each.name === name)!
    return (await replayStream(from, [0, 1, 2], run.policy, { load: undefined, feedback: 'none' })).answered
  }
  expect(await answers('cheapest')).toEqual([0, 0, 0])
  expect(await answers('best-single')).toEqual([1, 1, 1])
  // Qualities .6/.6, .3/.9, .2/.8: a tie goes to the cheaper.
  expect(await answers('oracle')).toEqual([0, 1, 1])
})

test('under a time limit the oracle takes the best that is in time', async () => {
  const run = referenceRuns(made(), 5000).find((each) => each.name === 'oracle')!
  const load = { timeLimitMs: 5000, refreshMs: 0 }
  const { answered } = await replayStream(made(), [1, 2], run.policy, { load, feedback: 'none' })
  expect(answered).toEqual([0, 0])
})

test('zero-router and task-oracle weigh quality and cost by λ', async () => {
  const from = made()
  const at = async (name: string, lambda: number) => {
    const run = referenceRuns(from, undefined).find((each) => each.name === name && each.lambda === lambda)!
    return (await replayStream(from, [0, 1, 2], run.policy, { load: undefined, feedback: 'none' })).answered
  }
  expect(await at('zero-router', 0.1)).toEqual([0, 0, 0])
  expect(await at('zero-router', 100)).toEqual([1, 1, 1])
  // Source a: .45 against .75, source b: .2 against .8, for .9 of C_ref more: worth it from λ = 3 in a, from 1.5 in b.
  expect(await at('task-oracle', 2.5)).toEqual([0, 0, 1])
})

/** Two LLMs, three prompts: cheap and quick, dear and slow (10 s in one slot). */
function made(): StreamCase {
  const quality = Float64Array.of(0.6, 0.6, 0.3, 0.9, 0.2, 0.8)
  const costUsd = Float64Array.of(0.1, 1, 0.1, 1, 0.1, 1)
  const cells = (value: number) => new Float64Array(6).fill(value)
  const data: OutcomeData = {
    name: 'made',
    prompts: ['a', 'a', 'b'].map((source, i) => ({ id: `p${i}`, source, text: `prompt ${i}`, extra: {} })),
    llms: ['cheap', 'dear'].map((id) => ({ id, base: id, price: undefined, extra: {} })),
    quality,
    costUsd,
    inputTokens: cells(10),
    outputTokens: cells(10),
    latencyMs: cells(Number.NaN),
  }
  const context = { embedderId: 'test', embedding: new Float32Array(2), explicit: new Float32Array(0) }
  const part = { data, seed: 1, parts: { offline: [], online: [], test: [0, 1, 2] } }
  const known = {
    contexts: [context, context, context],
    inputTokens: Float64Array.of(10, 10, 10),
    costReferenceUsd: 1,
    meanQuality: Float64Array.of(1.1 / 3, 2.3 / 3),
    meanCostUsd: Float64Array.of(0.1, 1),
    slots: Int32Array.of(1, 1),
    service: {
      serviceMs: Float64Array.of(100, 10_000, 100, 10_000, 100, 10_000),
      firstTokenMs: cells(50),
      outputTokens: cells(10),
      measured: 0,
      simulated: 6,
      derivedLengths: 0,
    },
  }
  // What replaying and the references do not read is left out.
  return { ...part, ...known } as unknown as StreamCase
}
