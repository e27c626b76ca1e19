import { describe, expect, it } from 'vitest'
import { SeededRandom } from '../../../routing/numeric/random-source.ts'
import { sampleContext } from '../../online/__fixtures__/sample-knowledge.ts'
import type { OnlineFeedback, OnlinePolicy, OnlineRequest } from '../../online/online-policy.ts'
import { sampleStream } from './__fixtures__/sample-stream.ts'
import { replayPolicy } from './replay-policy.ts'

const promptOf = () => ({ context: sampleContext([1]), text: 'a prompt', inputTokens: 4 })

/** Takes LLMs by rote, and writes down everything it is shown. */
class Spy implements OnlinePolicy {
  readonly log: string[] = []
  readonly feedback: (readonly [OnlineRequest, OnlineFeedback])[] = []
  readonly requests: OnlineRequest[] = []
  readonly #choices: readonly number[]

  constructor(choices: readonly number[]) {
    this.#choices = choices
  }

  choose(request: OnlineRequest): number {
    this.log.push(`choose ${request.prompt}`)
    this.requests.push(request)
    return this.#choices[request.prompt]!
  }

  billed(request: OnlineRequest): void {
    this.log.push(`bill ${request.prompt}`)
  }

  learn(request: OnlineRequest, feedback: OnlineFeedback): void {
    this.log.push(`learn ${request.prompt}`)
    this.feedback.push([request, feedback])
  }

  priceChanged(llm: number, factor: number): void {
    this.log.push(`price ${llm} ${factor}`)
  }

  llmAdded(llm: number): void {
    this.log.push(`added ${llm}`)
  }

  llmRemoved(llm: number): void {
    this.log.push(`removed ${llm}`)
  }
}

describe('replayPolicy', () => {
  it('shows a policy the outcome of its own choice, and nothing else of any outcome', () => {
    const choices = [0, 1, 3, 1, 0, 3, 3, 0, 1, 1, 0, 3]
    const spy = new Spy(choices)
    const stream = sampleStream({ scenario: 'quality-drop' })
    expect([...replayPolicy(stream, spy, promptOf, new SeededRandom(1))]).toEqual(choices)
    expect(spy.feedback.map(([request, feedback]) => [request.prompt, feedback])).toEqual(
      choices.map((llm, step) => [
        step,
        {
          llm,
          quality: stream.quality(step, llm),
          satisfied: undefined,
          costUsd: stream.costUsd(step, llm),
          outputTokens: stream.outputTokens(step, llm),
        },
      ]),
    )
    for (const request of spy.requests) {
      expect(Object.keys(request).sort()).toEqual(['candidates', 'context', 'inputTokens', 'prompt', 'text'])
    }
    // Nothing tells of the loss but the answers.
    expect(spy.log.filter((entry) => !/^(choose|bill|learn)/.test(entry))).toEqual([])
  })

  it('hands back the very request that was asked', () => {
    const spy = new Spy(new Array(12).fill(0))
    replayPolicy(sampleStream({ scenario: 'stationary' }), spy, promptOf, new SeededRandom(1))
    spy.feedback.forEach(([request], step) => {
      expect(request).toBe(spy.requests[step])
    })
  })

  it('bills at once and lets feedback be late; what is late at the end never comes', () => {
    const spy = new Spy(new Array(103).fill(0))
    const stream = sampleStream({ scenario: 'stationary', variant: 'feedback 100 requests late' }, 103)
    replayPolicy(stream, spy, promptOf, new SeededRandom(1))
    expect(spy.log.slice(-6)).toEqual(['choose 101', 'bill 101', 'learn 1', 'choose 102', 'bill 102', 'learn 2'])
    expect(spy.log.filter((entry) => entry.startsWith('learn'))).toEqual(['learn 0', 'learn 1', 'learn 2'])
  })

  it('announces what everybody sees before the request it holds for', () => {
    const spy = new Spy(new Array(12).fill(0))
    replayPolicy(sampleStream({ scenario: 'newcomer', variant: 'quarter price' }), spy, promptOf, new SeededRandom(1))
    expect(spy.log.indexOf('added 2')).toBe(spy.log.indexOf('choose 4') - 1)
  })

  it('refuses an LLM that is not in the pool', () => {
    const stream = sampleStream({ scenario: 'stationary' })
    expect(() => replayPolicy(stream, new Spy(new Array(12).fill(2)), promptOf, new SeededRandom(1))).toThrow('LLM 2')
  })
})
