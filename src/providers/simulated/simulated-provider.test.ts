import { describe, expect, it } from 'vitest'
import { SeededRandom } from '../../routing/numeric/random-source.ts'
import type { ChatCompletion, ChatEvent } from '../chat-provider.ts'
import { ManualTimers } from '../scripted/manual-timers.ts'
import { simulatedLlms, simulatedPool } from './simulated-pool.ts'
import { SimulatedProvider } from './simulated-provider.ts'
import { checkReply, generateTask, taskKinds } from './task-suite.ts'

const never = new AbortController().signal
const instant = new SimulatedProvider({ timeScale: 0 })

function ask(upstreamModel: string, content: unknown, parameters: Record<string, unknown> = {}) {
  return { upstreamModel, request: { messages: [{ role: 'user', content }], ...parameters } }
}

function textOf(completion: ChatCompletion): string {
  return (completion.body.choices as { message: { content: string } }[])[0]!.message.content
}

async function read(events: AsyncIterable<ChatEvent>): Promise<ChatEvent[]> {
  const all: ChatEvent[] = []
  for await (const event of events) all.push(event)
  return all
}

describe('SimulatedProvider', () => {
  it('refuses to give two answers rather than giving one', async () => {
    const asked = instant.complete(ask(simulatedPool[0]!.id, 'hi', { n: 2 }), never)
    await expect(asked).rejects.toMatchObject({ code: 'upstream_rejected', upstreamStatus: 400 })
    await expect(instant.complete(ask(simulatedPool[0]!.id, 'hi', { n: 1 }), never)).resolves.toBeDefined()
  })

  it('answers each kind of task as often rightly as its skill says', async () => {
    const count = 250
    for (const kind of taskKinds) {
      const random = new SeededRandom(3)
      const prompts = new Set(Array.from({ length: count }, () => generateTask(random, kind).prompt))
      for (const llm of simulatedPool) {
        let right = 0
        for (const prompt of prompts) {
          if (checkReply(prompt, textOf(await instant.complete(ask(llm.id, prompt), never))) === 1) right++
        }
        const skill = llm.skill[kind.name]
        // Four standard errors: one false alarm in 16,000 at a fixed seed, so none.
        const tolerance = 4 * Math.sqrt((skill * (1 - skill)) / prompts.size)
        expect([kind.name, llm.id, Math.abs(right / prompts.size - skill) < tolerance]).toEqual([
          kind.name,
          llm.id,
          true,
        ])
      }
    }
  })

  it('says the same again, streamed or whole, and something else under another seed', async () => {
    const other = new SimulatedProvider({ timeScale: 0, seed: 2 })
    const random = new SeededRandom(5)
    let differences = 0
    for (let i = 0; i < 100; i++) {
      const call = ask('sim/small', generateTask(random).prompt)
      const whole = await instant.complete(call, never)
      const streamed = (await read(instant.stream(call, never)))
        .flatMap((event) => (event.type === 'content' ? (event.chunk.choices as { delta: { content: string } }[]) : []))
        .map((choice) => choice.delta.content)
        .join('')
      expect(streamed).toBe(textOf(whole))
      if (textOf(await other.complete(call, never)) !== streamed) differences++
    }
    expect(differences).toBeGreaterThan(10)
  })

  it('says what it is when it does not know the task', async () => {
    const reply = textOf(await instant.complete(ask('sim/large', 'Write a poem.'), never))
    expect(reply).toContain('simulated LLM sim/large')
    for (const kind of taskKinds) expect(reply).toContain(kind.example)
  })

  it('reads the text parts of the last user message', async () => {
    const content = [{ type: 'image_url' }, { type: 'text', text: '2+2' }]
    expect(textOf(await instant.complete(ask('sim/reasoner', content), never))).toBe('4')
  })

  it('counts usage, with hidden reasoning inside the output, and obeys the output cap', async () => {
    const { usage, body } = await instant.complete(ask('sim/reasoner', 'Hello'), never)
    expect(usage).toMatchObject({ reasoningTokens: 400, inputTokens: 9 })
    expect(usage!.outputTokens).toBe(400 + Math.ceil(textOf({ body } as ChatCompletion).length / 4))
    const capped = await instant.complete(ask('sim/small', 'Hello', { max_tokens: 5 }), never)
    expect(capped.usage?.outputTokens).toBe(5)
    expect(capped.body.choices).toMatchObject([
      { finish_reason: 'length', message: { content: 'This is the simulate' } },
    ])
  })

  it('takes its time by its speed, and stops at an abort with no timer left', async () => {
    const timers = new ManualTimers()
    const provider = new SimulatedProvider({ timers, timeScale: 1 })
    const caller = new AbortController()
    const seen: string[] = []
    const reading = (async () => {
      for await (const event of provider.stream(ask('sim/large', 'Hello'), caller.signal)) seen.push(event.type)
    })()
    const checked = expect(reading).rejects.toMatchObject({ code: 'aborted' })
    await timers.advance(699)
    expect(seen).toEqual([])
    await timers.advance(1 + 3 * 17)
    expect(seen).toEqual(['metadata', 'content', 'content', 'content'])
    caller.abort()
    await checked
    expect(timers.pendingCount).toBe(0)
  })

  it('refuses a model it does not have', async () => {
    await expect(instant.complete(ask('gpt-9', 'x'), never)).rejects.toMatchObject({ code: 'upstream_rejected' })
  })
})

describe('the simulated pool', () => {
  it('is labelled, priced and known to its provider', async () => {
    const { models } = await instant.probe()
    for (const llm of simulatedLlms()) {
      expect(llm.tags).toContain('simulated')
      expect(llm.price?.outputPerMillionTokensUsd).toBeGreaterThan(0)
      expect(models).toContain(llm.upstreamModel)
    }
  })

  it('states its speeds at the scale of time that it keeps', () => {
    const speeds = (timeScale?: number) =>
      simulatedLlms('simulated', timeScale).map((llm) => [llm.timeToFirstTokenMs, llm.tokensPerSecond])
    expect(speeds(1)[0]).toEqual([150, 180])
    expect(speeds()[0]).toEqual([15, 1800])
    expect(speeds(0)[0]).toEqual([0, undefined])
  })

  it('gives routing something to find: no LLM is the cheapest good one for every kind', () => {
    const cheapestGood = taskKinds.map(
      (kind) =>
        [...simulatedPool]
          .sort((a, b) => a.price.outputPerMillionTokensUsd - b.price.outputPerMillionTokensUsd)
          .find((llm) => llm.skill[kind.name] >= 0.85)?.id,
    )
    expect(new Set(cheapestGood).size).toBeGreaterThanOrEqual(4)
  })
})
