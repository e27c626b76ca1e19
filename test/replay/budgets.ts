/**
 * A daily cap in service: paretobandit's test prompts, drawn again and again over days of 10,000 requests with a daily rhythm, through the router and the
 * spend of the gateway. A day of history, then a day as busy as expected and one 30 % busier. Paced, hard stop alone, and the cheapest LLM alone.
 * Requests that the cap refuses count with quality 0. Run: npm exec -- node test/replay/budgets.ts [requests per day] [seeds]
 */
import { DailySpend } from '../../src/accounts/daily-spend.ts'
import { SpendPacing } from '../../src/gateway/budgets/spend-pacing.ts'
import { readOutcomeData } from '../../src/outcomes/read-outcome-data.ts'
import { selectSplit } from '../../src/outcomes/split.ts'
import type { RoutingDecision } from '../../src/routing/decision.ts'
import type { StoredDecision } from '../../src/routing/decision-store.ts'
import { SeededRandom } from '../../src/routing/numeric/random-source.ts'
import { CompletionTimeModel } from '../../src/routing/prediction/completion-time-model.ts'
import { LlmRegistry } from '../../src/routing/registry/llm-registry.ts'
import { Router } from '../../src/routing/router.ts'
import { RoutingPolicy } from '../../src/routing/routing-policy.ts'
import { fitPolicy } from '../../src/training/fit-policy.ts'
import { dataFolder, recordedPool, recordedRequest } from './recorded-pool.ts'

const perDay = Number(process.argv[2] ?? 10_000)
const seeds = Number(process.argv[3] ?? 3)
const lambda = 20
const dayMs = 86_400_000
const minuteMs = 60_000
const firstDay = Math.floor(Date.UTC(2026, 10, 1) / dayMs)

const nobody = { keyId: undefined, dailyCapUsd: undefined }

type Way = 'paced' | 'hard stop' | 'cheapest'
interface Day {
  readonly spentShare: number
  readonly quality: number
  readonly refused: number
}

const source = await readOutcomeData(dataFolder('paretobandit'))
const { policy: fitted, embedder } = await fitPolicy(source, { seed: 1, now: 0, split: 'val' })
const data = selectSplit(source, 'test')
const pool = recordedPool(data)
const column = new Map(data.llms.map((llm, i) => [llm.id, i]))

console.log(`paretobandit, fit on val, λ ${lambda}; ${perDay} requests a day, mean of ${seeds} seeds`)
console.log('cap per request  way         day            spent of cap   mean quality   refused')
for (const capPerRequest of [1.5e-4, 3e-4, 6.6e-4]) {
  for (const way of ['paced', 'hard stop', 'cheapest'] as const) {
    const days: (readonly Day[])[] = []
    for (let seed = 1; seed <= seeds; seed++) days.push(await live(way, capPerRequest * perDay, seed))
    for (const [place, name] of [
      [0, 'as expected'],
      [1, '30 % busier'],
    ] as const) {
      const mean = (pick: (day: Day) => number) => days.reduce((sum, run) => sum + pick(run[place]!), 0) / days.length
      const range = days.map((run) => run[place]!.spentShare)
      console.log(
        `${String(capPerRequest).padEnd(16)} ${way.padEnd(11)} ${name.padEnd(12)} ${(100 * mean((d) => d.spentShare)).toFixed(2).padStart(7)} % (≤ ${(100 * Math.max(...range)).toFixed(2)})   ${mean((d) => d.quality).toFixed(4)}   ${(100 * mean((d) => d.refused)).toFixed(2)} %`,
      )
    }
  }
}

/** A day without a cap for history, then two days under it. */
async function live(way: Way, capUsd: number, seed: number): Promise<readonly Day[]> {
  const random = new SeededRandom(seed)
  const clock = { ms: firstDay * dayMs, now: () => clock.ms }
  const log: StoredDecision[] = []
  let ids = 0
  const router = new Router({
    pool: new LlmRegistry(pool),
    policy: new RoutingPolicy({ embedder, fitted, pool }),
    times: new CompletionTimeModel(),
    random: new SeededRandom(seed + 100),
    clock,
    newId: () => `d${ids++}`,
  })
  const store = {
    spentNanoUsd: async () => 0,
    recentSettlements: async (limit: number) => log.slice(-limit),
    decisionsPerHour: async (sinceMs: number, _: unknown, untilMs = Number.POSITIVE_INFINITY) => {
      const counts = new Array<number>(24).fill(0)
      for (const { decision } of log) {
        const { createdAtMs } = decision
        if (createdAtMs >= sinceMs && createdAtMs < untilMs) counts[new Date(createdAtMs).getUTCHours()]! += 1
      }
      return counts
    },
  }
  const days: Day[] = []
  for (let day = 0; day < 3; day++) {
    const requests = Math.round(perDay * (day === 2 ? 1.3 : 1))
    clock.ms = (firstDay + day) * dayMs
    let pacing: SpendPacing | undefined
    const spend: DailySpend = await DailySpend.load(store, clock, {
      gatewayCapUsd: day === 0 ? undefined : capUsd,
      onBooked: (scope, nanoUsd) => pacing?.booked(scope, nanoUsd),
    })
    if (way === 'paced') {
      const parts = { spend, decisions: store, clock, pool: router.pool, policy: () => router.policy }
      pacing = new SpendPacing({ ...parts, keys: () => [] })
    }
    let quality = 0
    let refused = 0
    let refreshAtMs = 0
    for (const atMs of arrivals(requests, day, random)) {
      clock.ms = atMs
      if (atMs >= refreshAtMs) {
        await pacing?.refresh()
        refreshAtMs = atMs + minuteMs
      }
      const answer = await serve(router, spend, pacing, way, random)
      if (answer === undefined) refused++
      else {
        quality += answer.quality
        log.push({ decision: answer.decision, settlement: undefined })
      }
    }
    if (day > 0) {
      const spentShare = spend.spentTodayUsd / capUsd
      days.push({ spentShare, quality: quality / requests, refused: refused / requests })
    }
  }
  return days
}

async function serve(
  router: Router,
  spend: DailySpend,
  pacing: SpendPacing | undefined,
  way: Way,
  random: SeededRandom,
): Promise<{ readonly quality: number; readonly decision: RoutingDecision } | undefined> {
  const prompt = Math.floor(random.next() * data.prompts.length)
  const request = recordedRequest(data.prompts[prompt]!.text, way === 'cheapest' ? 0 : lambda)
  const budgetUsd = spend.remainingUsd(nobody)
  const decision = await router
    .route(request, { keyId: undefined, budgetUsd, dual: pacing?.dualFor(nobody) })
    .catch(() => undefined)
  const dear = decision?.candidates.find(({ llm }) => llm === decision.drawn)?.costP90Usd ?? 0
  const reservation = decision === undefined ? undefined : spend.reserve(nobody, Math.ceil(dear * 1e9))
  if (decision === undefined || reservation === undefined) return undefined
  const cell = prompt * data.llms.length + column.get(decision.drawn)!
  const costUsd = data.costUsd[cell]!
  reservation.settle(Math.round(costUsd * 1e9))
  router.learnCost(decision, decision.drawn, costUsd, undefined)
  return { quality: data.quality[cell]!, decision }
}

/** Times of a day's requests: ten times as many at 15:00 UTC as at 3:00. */
function arrivals(requests: number, day: number, random: SeededRandom): readonly number[] {
  const times: number[] = []
  while (times.length < requests) {
    const share = random.next()
    const rate = 0.55 - 0.45 * Math.cos(2 * Math.PI * (share - 3 / 24))
    if (random.next() < rate) times.push((firstDay + day + share) * dayMs)
  }
  return times.sort((a, b) => a - b).map(Math.floor)
}
