import { expect, test } from 'vitest'
import { FeedbackNetwork } from './feedback-network.ts'

const embedding = Float64Array.of(0.5, -0.5, 0.5, 0.5)

test('it starts at zero everywhere, with κ = κ_max/2 at the variance of a fair coin', () => {
  const network = new FeedbackNetwork({ inputs: 4, llms: 3, seed: 1 })
  const out = new Float64Array(3).fill(9)
  network.scores(embedding, out)
  expect([...out]).toEqual([0, 0, 0])
  expect(network.weight(1)).toBeCloseTo(0.05, 15)
})

test('one step by hand: only the last bias moves enough to see, by η·(r − b)·κ·(1 − π)/T', () => {
  // Zero inputs leave zero activations, and with them the output biases alone.
  const network = new FeedbackNetwork({ inputs: 4, llms: 2, learningRate: 1, temperature: 0.5, seed: 1 })
  const nothing = new Float64Array(4)
  network.learn(nothing, [0, 1], Float64Array.of(0.8, 0.2), 1, true)
  const out = new Float64Array(2)
  network.scores(nothing, out)
  // Advantage .5, κ = .05: biases move by .5·.05·(0 − .8)/.5 = −.04 and .5·.05·(1 − .2)/.5 = .04.
  expect(out[0]).toBeCloseTo(network.weight(0) * Math.tanh(-0.04), 12)
  expect(out[1]).toBeCloseTo(network.weight(1) * Math.tanh(0.04), 12)
})

test('an LLM whose feedback is steady gets more weight than one whose feedback is not', () => {
  const network = new FeedbackNetwork({ inputs: 4, llms: 2, seed: 1 })
  const even = Float64Array.of(0.5, 0.5)
  for (let i = 0; i < 400; i++) network.learn(embedding, [0, 1], even, i % 2, i % 2 === 0 || i % 4 === 1)
  expect(network.weight(0)).toBeGreaterThan(network.weight(1))
})

test('LLMs that were not candidates keep their score’s bias', () => {
  const network = new FeedbackNetwork({ inputs: 4, llms: 3, learningRate: 1, seed: 1 })
  network.learn(new Float64Array(4), [0, 2], Float64Array.of(0.5, 0.5), 0, true)
  const out = new Float64Array(3)
  network.scores(new Float64Array(4), out)
  expect(out[1]).toBe(0)
  expect(out[0]).toBeGreaterThan(0)
  expect(out[2]).toBeLessThan(0)
})
