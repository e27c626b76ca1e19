/**
 * Onboarding by replay through real HTTP: each base of a recorded set is held out with its siblings, a policy is fitted on the others, a
 * gateway serves it, and the held-out LLM joins by POST /admin/llms with 50 and with 200 probes. Printed: what is predicted and expected of it
 * against its true quality per task on prompts that nobody was fitted on or probed with; and for LLMs that a policy fitted on all gives
 * traffic, the share of that which they have at once and after 200 and 1,000 requests with feedback, and what the pool's choices are then worth, in several orders of requests,
 * beside a policy fitted on all and the pool without the LLM after the same requests.
 *
 * Run: npm exec -- node test/replay/onboarding.ts <bfcl-2024-08|zeroeval> [bases, default all] [requests, default 1000] [orders, default 3] [division, default 1] [traffic: only LLMs with traffic]
 */
import { usableLlms } from '../../src/evaluation/usable-llms.ts'
import { selectLlms, selectRows } from '../../src/outcomes/outcome-data.ts'
import { readOutcomeData } from '../../src/outcomes/read-outcome-data.ts'
import type { OnboardingReport } from '../../src/probing/onboard-llm.ts'
import { buildContext } from '../../src/routing/embedding/context-builder.ts'
import { SeededRandom, shuffle } from '../../src/routing/numeric/random-source.ts'
import { plainRequest } from '../../src/routing/request.ts'
import { RoutingPolicy } from '../../src/routing/routing-policy.ts'
import { type FitResult, fitPolicy } from '../../src/training/fit-policy.ts'
import { type Newcomer, OnboardingGateway } from './onboarding-gateway.ts'
import { printStream, printTraffic, type Streamed, withError } from './onboarding-traffic.ts'
import { startRightOrWrong } from './onboarding-upstream.ts'
import { mean, rankCorrelation } from './rank-correlation.ts'
import { dataFolder, recordedPool } from './recorded-pool.ts'
import { servedUtility, testedPrompt } from './served-utility.ts'

const name = process.argv[2] ?? 'zeroeval'
const mostBases = Number(process.argv[3] ?? Number.POSITIVE_INFINITY)
const requests = Number(process.argv[4] ?? 1000)
const orders = Number(process.argv[5] ?? 3)
/** Of the prompts into those fitted on, probed, served and tested. */
const division = Number(process.argv[6] ?? 1)
const trafficOnly = process.argv[7] === 'traffic'
const probeCounts = [50, 200]
const firstRequests = 200
const lambdas = [1.4, 5, 20, 100]
/** Below it an ideal share says little. */
const leastIdealShare = 0.05

const source = await readOutcomeData(dataFolder(name))
const usable = usableLlms(source, { cost: true, complete: true })
const data = selectLlms(selectRows(source, usable.rows), usable.llms)
const width = data.llms.length
const rows = shuffled([...data.prompts.keys()], division)
const testRows = rows.splice(0, Math.floor(0.2 * data.prompts.length))
const probeRows = rows.splice(0, Math.max(...probeCounts))
// Fitted predictors know the prompts they were fitted on too well: what is served is new to all.
const servedRows = rows.splice(0, Math.min(1000, Math.floor(0.45 * rows.length)))
const trainRows = rows
const bases = [...new Set(data.llms.map((llm) => llm.base))]
const upstream = await startRightOrWrong(data)
const train = selectRows(data, trainRows)
const everybody = await fitPolicy(train, { seed: 1, now: 1 })
const tested = testRows.map((row) => {
  const context = buildContext(everybody.embedder, plainRequest(data.prompts[row]!.text))
  if (context instanceof Promise) throw new Error('the embedder is synchronous')
  return testedPrompt(data, row, context)
})
console.log(
  `${name}: ${width} LLMs of ${bases.length} bases; ${trainRows.length} prompts to fit, ${probeRows.length} to probe, ${testRows.length} to test; ${requests} requests with feedback, of ${servedRows.length} prompts, in ${orders} orders`,
)
const landings: Landed[] = []
const streams: Streamed[] = []
for (const base of shuffled(bases, 2).slice(0, mostBases)) await holdOut(base)
await upstream.close()
for (const probes of probeCounts) summarise(probes)
printTraffic(streams)

interface TaskFigures {
  readonly task: string
  readonly truth: number
  /** By the policy on the tested prompts, reported level. */
  readonly predicted: number
  /** By the report; `predicted` where it had no probe of the task. */
  readonly expected: number
  /** Mean of its probes of the task, or of all of them where it had none. */
  readonly own: number
}

interface Landed {
  readonly llm: string
  readonly probes: number
  readonly tasks: readonly TaskFigures[]
  readonly level: number
  readonly truth: number
}

/** A held-out LLM with the pool that it joins. */
interface Case {
  readonly column: number
  readonly others: readonly number[]
  readonly without: FitResult
  readonly lambda: number
  /** Share of the tested prompts in a policy that was fitted on all LLMs. */
  readonly ideal: number
}

async function holdOut(base: string): Promise<void> {
  const others = data.llms.flatMap((llm, column) => (llm.base === base ? [] : [column]))
  const column = data.llms.findIndex((llm) => llm.base === base)
  const pool = recordedPool(selectLlms(data, [...others, column]))
  const { embedder } = everybody
  const idealPolicy = new RoutingPolicy({ embedder, fitted: everybody.policy, pool })
  const shares = lambdas.map((lambda) => served(idealPolicy, [...others, column], lambda, column).share)
  const best = shares.indexOf(Math.max(...shares))
  const ideal = shares[best]!
  if (trafficOnly && ideal < leastIdealShare) return
  const without = await fitPolicy(selectLlms(train, others), { seed: 1, now: 1, embedder })
  const of = { column, others, without, lambda: lambdas[best]!, ideal }
  for (const probes of probeCounts) await onboard(of, probes)
  if (ideal < leastIdealShare || requests === 0) return
  await control(of, 'fitted on all', everybody, [...others, column])
  await control(of, 'without', without, others)
}

/** The same requests to a gateway that nobody joins: what feedback does to a pool without the newcomer, and to one that knows it as well as all others. */
async function control(of: Case, pool: Streamed['pool'], fitted: FitResult, columns: readonly number[]): Promise<void> {
  for (let order = 1; order <= orders; order++) {
    const gateway = await OnboardingGateway.open({
      ...{ data, upstreamUrl: upstream.baseUrl, others: columns, column: undefined, probeRows, seed: order },
      without: fitted,
    })
    try {
      await stream(gateway, of, { pool, columns, order })
    } finally {
      await gateway.close()
    }
  }
}

async function onboard(of: Case, probes: number): Promise<void> {
  // Who gets next to nothing from a policy fitted with it has no share to reach.
  const runs = of.ideal >= leastIdealShare && requests > 0 ? orders : 1
  for (let order = 1; order <= runs; order++) {
    const gateway = await OnboardingGateway.open(newcomerOf(of, probes, order))
    try {
      const { id } = data.llms[of.column]!
      const { report } = gateway
      if (report?.status !== 'admitted') {
        console.log(`${id} N=${probes} was not admitted: ${report?.reason}`)
        return
      }
      if (order === 1) printed(landed(gateway, report, of, probes))
      const columns = [...of.others, of.column]
      if (of.ideal >= leastIdealShare && requests > 0) await stream(gateway, of, { pool: probes, columns, order })
    } finally {
      await gateway.close()
    }
  }
}

function newcomerOf({ column, others, without }: Case, probes: number, seed: number): Newcomer {
  const upstreamUrl = upstream.baseUrl
  return { data, upstreamUrl, others, column, without, probeRows: probeRows.slice(0, probes), seed }
}

function landed({ service }: OnboardingGateway, report: OnboardingReport, { column }: Case, probes: number): Landed {
  const { id } = data.llms[column]!
  const fitted = service.router.policy.fitted!
  const place = fitted.quality.llms.indexOf(id)
  const one = new Float64Array(fitted.quality.llms.length)
  const estimates = tested.map(({ context }) => {
    fitted.quality.predict(context, one)
    // What is shown and compared with floors: q̂ only ranks.
    return fitted.reportedQuality(one[place]!)
  })
  const truths = testRows.map((row) => data.quality[row * width + column]!)
  const asked = probeRows.slice(0, probes).map((row) => data.quality[row * width + column]!)
  const strengths = new Map(report.landing!.tasks.map((strength) => [strength.task, strength]))
  const tasks = [...new Set(testRows.map((row) => data.prompts[row]!.source))].map((task): TaskFigures => {
    const places = testRows.flatMap((row, i) => (data.prompts[row]!.source === task ? [i] : []))
    const predicted = mean(places.map((i) => estimates[i]!))
    return {
      task,
      truth: mean(places.map((i) => truths[i]!)),
      predicted,
      expected: strengths.get(task)?.expected ?? predicted,
      own: strengths.get(task)?.quality ?? mean(asked),
    }
  })
  return { llm: id, probes, tasks, level: mean(estimates), truth: mean(truths) }
}

function printed(one: Landed): void {
  landings.push(one)
  const tasks = one.tasks.map(
    ({ task, predicted, expected, truth }) =>
      `${task} ${predicted.toFixed(2)} ${expected.toFixed(2)} ${truth.toFixed(2)}`,
  )
  console.log(
    `${one.llm} N=${one.probes} level ${one.level.toFixed(3)}, true ${one.truth.toFixed(3)} | predicted, expected, true: ${tasks.join(', ')}`,
  )
}

async function stream(
  gateway: OnboardingGateway,
  of: Case,
  {
    pool,
    columns,
    order,
  }: { readonly pool: Streamed['pool']; readonly columns: readonly number[]; readonly order: number },
): Promise<void> {
  const { lambda, ideal } = of
  const looks: Streamed['looks'][number][] = []
  const look = () => looks.push(served(gateway.service.router.policy, columns, lambda, of.column))
  look()
  const list = shuffled(servedRows, 10 + order)
  const asked = Array.from({ length: requests }, (_, i) => list[i % list.length]!)
  await gateway.send(asked.slice(0, firstRequests), lambda)
  look()
  await gateway.send(asked.slice(firstRequests), lambda)
  look()
  const one: Streamed = { llm: data.llms[of.column]!.id, pool, lambda, ideal, looks }
  streams.push(one)
  printStream(one, order)
}

/** @returns the share of `column`, 0 where it is not in the pool. */
function served(policy: RoutingPolicy, columns: readonly number[], lambda: number, column: number) {
  const { costReferenceUsd } = everybody.policy
  const { shares, utility } = servedUtility(policy, data, columns, tested, { lambda, costReferenceUsd })
  return { share: shares[columns.indexOf(column)] ?? 0, utility }
}

function summarise(probes: number): void {
  const of = landings.filter((one) => one.probes === probes)
  const pairs = of.flatMap(({ tasks }) => tasks)
  const told = ['predicted', 'expected', 'own'] as const
  console.log(`${name}, ${probes} probes, ${of.length} LLMs`)
  const levels = rankCorrelation(
    of.map(({ level }) => level),
    of.map(({ truth }) => truth),
  )
  const levelErrors = of.map(({ level, truth }) => Math.abs(level - truth))
  console.log(`  level: ${withError(levelErrors)}, rank correlation ${levels.toFixed(3)}`)
  for (const what of told) {
    // Tasks of one LLM are alike: the LLM is the unit.
    const errors = of.map(({ tasks }) => mean(tasks.map((task) => Math.abs(task[what] - task.truth))))
    const within = [...new Set(pairs.map(({ task }) => task))].map((task) => {
      const same = pairs.filter((pair) => pair.task === task)
      return rankCorrelation(
        same.map((pair) => pair[what]),
        same.map(({ truth }) => truth),
      )
    })
    console.log(
      `  per task, ${what}: ${withError(errors)}, rank correlation over LLMs within a task ${mean(within).toFixed(3)}`,
    )
  }
}

function shuffled<T>(values: readonly T[], seed: number): T[] {
  const order = Int32Array.from(values, (_, index) => index)
  shuffle(order, new SeededRandom(seed))
  return Array.from(order, (index) => values[index]!)
}
