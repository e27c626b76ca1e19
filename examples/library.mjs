// Routing without the gateway: decide, call the LLM yourself, tell what happened.
import { createRouter } from 'pointsman'

const price = (input, output) => ({ inputPerMillionTokensUsd: input, outputPerMillionTokensUsd: output })
const router = createRouter({
  llms: [
    { id: 'small', price: price(0.15, 0.6), quality: 0.6 },
    { id: 'large', price: price(2.5, 10), quality: 0.9 },
  ],
  seed: 1,
})

const decision = await router.route('Prove that the square root of two is irrational.')
console.log(`${decision.drawn} was drawn with probability ${decision.propensity.toFixed(3)}`)
console.table(decision.candidates, ['llm', 'quality', 'costUsd', 'utility', 'probability'])

// After the call: cost and latency, and a judgement in [0, 1] whenever there is one.
router.recordOutcome(decision, { costUsd: 0.0021, outputTokens: 310, completionMs: 4200 })
router.recordFeedback(decision, { score: 1 })
