import { afterEach, describe, expect, test } from 'vitest'
import { ProviderError, type ProviderErrorCode } from '../../src/providers/provider-error.ts'
import {
  type ScriptedAnswer,
  ScriptedProvider,
  scriptedCompletion,
  scriptedEvents,
} from '../../src/providers/scripted/scripted-provider.ts'
import { type Harness, readSse, startHarness, userMessage } from './gateway-harness.ts'

const usage = { inputTokens: 1_000, outputTokens: 500 }
/** What the stub router sets aside for a call: a tenth of a cent; so much is booked where no bill is known. */
const reservedNanoUsd = 1_000_000

let harness: Harness
afterEach(() => harness.gateway.close())

async function start(lost: ProviderErrorCode, answer: ScriptedAnswer): Promise<void> {
  harness = await startHarness({
    providers: {
      drawn: new ScriptedProvider({ answers: [{ error: new ProviderError(lost, 'lost') }] }),
      next: new ScriptedProvider({ answers: [answer] }),
    },
  })
}

async function toldUsd(): Promise<unknown> {
  const body = await (await harness.get('/v1/decisions/d00000001')).json()
  return (body as { settlement: { cost_usd: unknown } }).settlement.cost_usd
}

function settlement() {
  return harness.decisions.rows.get('d00000001')?.settlement
}

describe('after a fallback', () => {
  test.each(['upstream_failed', 'upstream_timeout'] as const)(
    'from %s to an answer without usage no cost is told, and the estimates are booked',
    async (lost) => {
      await start(lost, { completion: scriptedCompletion('4') })
      const response = await harness.post('/v1/chat/completions', userMessage())
      expect(response.headers.has('x-pointsman-cost-usd')).toBe(false)
      expect(await response.json()).toMatchObject({ pointsman: { llm: 'next', cost_usd: null } })
      expect(await toldUsd()).toBeNull()
      expect(await (await harness.get('/metrics')).text()).not.toMatch(/^pointsman_cost_usd_total\{/m)
      const lostNanoUsd = lost === 'upstream_timeout' ? reservedNanoUsd : 0
      expect(harness.spend.spentTodayUsd).toBeCloseTo((reservedNanoUsd + lostNanoUsd) / 1e9, 12)
    },
  )

  test('the caller is told what the LLM that answered billed; the lost call is booked beside it', async () => {
    await start('upstream_timeout', { completion: scriptedCompletion('4', usage) })
    const response = await harness.post('/v1/chat/completions', userMessage())
    expect(response.headers.get('x-pointsman-cost-usd')).toBe('0.002')
    expect(await response.json()).toMatchObject({ usage: { cost: 0.002 }, pointsman: { cost_usd: 0.002 } })
    expect(await toldUsd()).toBe(0.002)
    expect(settlement()).toMatchObject({ costNanoUsd: 3_000_000, billedNanoUsd: 2_000_000 })
    expect(harness.spend.spentTodayUsd).toBeCloseTo(0.003, 12)
  })

  test('streams say the same', async () => {
    await start('upstream_cut', { steps: scriptedEvents(['4'], usage) })
    const events = await readSse(await harness.post('/v1/chat/completions', { ...userMessage(), stream: true }))
    expect(JSON.parse(events.at(-2)!)).toMatchObject({ pointsman: { llm: 'next', cost_usd: 0.002 } })
    expect(settlement()).toMatchObject({ costNanoUsd: 3_000_000, billedNanoUsd: 2_000_000 })
  })
})
