import { describe, expect, test } from 'vitest'
import { nextNormal, SeededRandom } from '../numeric/random-source.ts'
import { type Llm, unknownLlmProperties } from '../registry/llm.ts'
import { RoutingPolicy } from '../routing-policy.ts'
import { RecentBills } from './recent-bills.ts'
import { TokenCostPredictor } from './token-cost-predictor.ts'

const dimension = 4
const embedder = { id: 'e', dimension, embed: () => new Float32Array(dimension) }
const llm: Llm = {
  ...unknownLlmProperties,
  ...{ id: 'a', provider: 'p', upstreamModel: 'a' },
  price: { inputPerMillionTokensUsd: 1, outputPerMillionTokensUsd: 4 },
}
const random = new SeededRandom(3)
const size = { inputTokens: 100, maxOutputTokens: undefined, choices: 1 }

function context(embedderId = 'e') {
  const embedding = Float32Array.from({ length: dimension }, () => nextNormal(random))
  return { embedderId, embedding, explicit: new Float32Array(21) }
}

/** Costs fitted on answers of about so many tokens. */
function version(id: string, tokens: number, under = embedder): RoutingPolicy {
  const contexts = Array.from({ length: 60 }, () => context(under.id))
  const outputTokens = Float64Array.from(contexts, () => Math.round(tokens * (1 + 0.1 * nextNormal(random))))
  const unknown = new Float64Array(60).fill(Number.NaN)
  const rows = { llms: ['a'], contexts, quality: unknown, costUsd: unknown, inputTokens: unknown, outputTokens }
  const policy = new RoutingPolicy({ embedder: under, pool: [llm], cost: TokenCostPredictor.fit(rows, [llm.price]) })
  return Object.defineProperty(policy, 'version', { value: id })
}

function estimate({ cost }: RoutingPolicy, of = context(), at = llm) {
  const out = {
    costUsd: new Float64Array(1),
    offlineCostUsd: new Float64Array(1),
    costUsdP90: new Float64Array(1),
    outputTokens: new Float64Array(1),
    outputTokensP90: new Float64Array(1),
  }
  cost.predict(of, size, [at], out)
  return { costUsd: out.costUsd[0]!, offlineUsd: out.offlineCostUsd[0]! }
}

/** One decision by that version at that price, and its bill. */
function call(policy: RoutingPolicy, billedUsd: number, at = llm) {
  const seen = context(policy.embedder.id)
  const terms = { llm: at.id, offlineCostUsd: estimate(policy, seen, at).offlineUsd }
  const decision = { policyVersion: policy.version, context: seen, candidates: [terms as never], ...size }
  return { decision, billedUsd }
}

/** What ĉ is multiplied with. */
function factorOf(policy: RoutingPolicy): number {
  const { costUsd, offlineUsd } = estimate(policy)
  return costUsd / offlineUsd
}

function teachAll(bills: RecentBills, before: RoutingPolicy, policy: RoutingPolicy): void {
  for (const bill of bills.list()) bills.teach(bill, before, policy)
}

describe('RecentBills', () => {
  test('a version learns from them what it had learned if it had predicted them', () => {
    const [before, after] = [version('v1', 200), version('v2', 300)]
    const expected = new RoutingPolicy({ embedder, pool: [llm], cost: copyOf(after) })
    const bills = new RecentBills()
    for (let i = 0; i < 80; i++) {
      const { decision, billedUsd } = call(before, 0.002)
      bills.add(decision, llm, billedUsd, 350)
      const { offlineUsd } = estimate(expected, decision.context)
      expected.cost.observe('a', offlineUsd, billedUsd, 350, undefined)
    }
    teachAll(bills, before, after)
    expect(factorOf(after)).toBe(factorOf(expected))
    // 100 tokens in and 300 out are .0013 USD.
    expect(factorOf(after)).toBeCloseTo(1 + (0.002 / 0.0013 - 1) * (1 - 0.98 ** 80), 1)
    // On to the next version, though the one that decided does not serve any more.
    const last = version('v3', 200)
    teachAll(bills, after, last)
    expect(factorOf(last)).toBeGreaterThan(1.4)
  })

  test('a bill at a price that is not known any more is left out, for good', () => {
    const [before, after] = [version('v1', 200), version('v2', 200)]
    const bills = new RecentBills()
    const cheaper = { ...llm, price: { inputPerMillionTokensUsd: 0.5, outputPerMillionTokensUsd: 2 } }
    const { decision, billedUsd } = call(before, 0.005)
    // The price changed between the decision and its bill.
    bills.add(decision, cheaper, billedUsd, 200)
    teachAll(bills, before, after)
    expect(factorOf(after)).toBe(1)
    expect(bills.list()[0]).toMatchObject({ billedUsd: undefined, outputTokens: 200 })
  })

  test('nor does one teach that another version than the one before had predicted, or that another embedder saw', () => {
    const [earlier, before] = [version('v0', 200), version('v1', 200)]
    const bills = new RecentBills()
    bills.add(call(earlier, 0.005).decision, llm, 0.005, 200)
    const other = version('v2', 200)
    teachAll(bills, before, other)
    expect(factorOf(other)).toBe(1)
    bills.add(call(before, 0.005).decision, llm, 0.005, 200)
    const elsewhere = version('v3', 200, { ...embedder, id: 'f' })
    teachAll(bills, before, elsewhere)
    const own = { ...context('f') }
    expect(estimate(elsewhere, own).costUsd).toBe(estimate(elsewhere, own).offlineUsd)
  })

  test('after an alarm bills count as what they would be now, and the oldest of many go', () => {
    const [before, after] = [version('v1', 200), version('v2', 200)]
    const bills = new RecentBills()
    for (let i = 0; i < 2_500; i++) bills.add(call(before, 0.0009).decision, llm, 0.0009, 200)
    bills.rescale('a', 2)
    bills.rescale('b', 3)
    expect(bills.list()).toHaveLength(1_000)
    teachAll(bills, before, after)
    expect(factorOf(after)).toBeCloseTo(2, 0)
  })
})

function copyOf({ cost }: RoutingPolicy): TokenCostPredictor {
  return TokenCostPredictor.restore(cost.snapshot())
}
