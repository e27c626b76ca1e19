/**
 * What LLMs described by probes are worth to a pool: as the traffic of `onboarding.ts`, but in one process, without HTTP, and so in minutes. Each LLM
 * to which a policy fitted on all gives traffic is held out with its siblings; it joins by 50 and by 200 probes, and 1,000 requests with feedback are served,
 * in several orders, beside a policy fitted on all and one without the LLM.
 *
 * Run: npm exec -- node test/replay/onboarding-worth.ts <bfcl-2024-08|zeroeval> [orders, default 3] [division of the prompts, default 1]
 */
import { usableLlms } from '../../src/evaluation/usable-llms.ts'
import { selectLlms, selectRows } from '../../src/outcomes/outcome-data.ts'
import { readOutcomeData } from '../../src/outcomes/read-outcome-data.ts'
import { buildContext } from '../../src/routing/embedding/context-builder.ts'
import type { RoutingContext } from '../../src/routing/embedding/routing-context.ts'
import { SeededRandom, shuffle } from '../../src/routing/numeric/random-source.ts'
import type { FittedPolicy } from '../../src/routing/prediction/fitted-policy.ts'
import { withDescribedLlm } from '../../src/routing/prediction/universal/described-policy.ts'
import { plainRequest } from '../../src/routing/request.ts'
import { RoutingPolicy } from '../../src/routing/routing-policy.ts'
import { fitPolicy } from '../../src/training/fit-policy.ts'
import { runStream } from './label-stream.ts'
import { printStream, printTraffic, type Streamed } from './onboarding-traffic.ts'
import { dataFolder, recordedPool } from './recorded-pool.ts'
import { servedUtility, testedPrompt } from './served-utility.ts'

const name = process.argv[2] ?? 'zeroeval'
const orders = Number(process.argv[3] ?? 3)
const division = Number(process.argv[4] ?? 1)
const probeCounts = [50, 200]
const lambdas = [1.4, 5, 20, 100]
const [firstRequests, requests] = [200, 1000]
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
const train = selectRows(data, rows)
const { policy: everybody, embedder } = await fitPolicy(train, { seed: 1, now: 1 })
const { costReferenceUsd } = everybody
const tested = testRows.map((row) => testedPrompt(data, row, contextOf(row)))
console.log(
  `${name}, division ${division}: ${width} LLMs, ${testRows.length} prompts to test, ${requests} requests of ${servedRows.length} prompts in ${orders} orders`,
)
const streams: Streamed[] = []
for (const base of new Set(data.llms.map((llm) => llm.base))) await holdOut(base)
printTraffic(streams)

async function holdOut(base: string): Promise<void> {
  const others = data.llms.flatMap((llm, column) => (llm.base === base ? [] : [column]))
  const column = data.llms.findIndex((llm) => llm.base === base)
  const all = [...others, column]
  const shares = lambdas.map((lambda) => served(policyOf(everybody, all), all, lambda, column).share)
  const ideal = Math.max(...shares)
  if (ideal < leastIdealShare) return
  const lambda = lambdas[shares.indexOf(ideal)]!
  const { policy: without } = await fitPolicy(selectLlms(train, others), { seed: 1, now: 1, embedder })
  const pools: [Streamed['pool'], FittedPolicy, readonly number[]][] = [
    ...probeCounts.map((probes): [number, FittedPolicy, readonly number[]] => [
      probes,
      describedBy(without, column, probes),
      all,
    ]),
    ['fitted on all', everybody, all],
    ['without', without, others],
  ]
  for (const [pool, fitted, columns] of pools) {
    for (let order = 1; order <= orders; order++) {
      const looks = await streamed(policyOf(fitted, columns), columns, { column, lambda, order })
      streams.push({ llm: data.llms[column]!.id, pool, lambda, ideal, looks })
      printStream(streams.at(-1)!, order)
    }
  }
}

function describedBy(without: FittedPolicy, column: number, probes: number): FittedPolicy {
  const asked = probeRows.slice(0, probes)
  const anchors = without.universal!.llms.map((id) => data.llms.findIndex((llm) => llm.id === id))
  const cells = (of: Float64Array, columns: readonly number[]) =>
    Float64Array.from(asked.flatMap((row) => columns.map((one) => of[row * width + one]!)))
  const outcomes = {
    contexts: asked.map(contextOf),
    quality: cells(data.quality, [column]),
    costUsd: cells(data.costUsd, [column]),
    anchors: cells(data.quality, anchors),
  }
  return withDescribedLlm(without, data.llms[column]!, outcomes, { id: `${probes} probes`, createdAtMs: 2 })
}

async function streamed(
  policy: RoutingPolicy,
  columns: readonly number[],
  { column, lambda, order }: { readonly column: number; readonly lambda: number; readonly order: number },
) {
  const list = shuffled(servedRows, 10 + order)
  const asked = Array.from({ length: requests }, (_, i) => list[i % list.length]!)
  const looks = [served(policy, columns, lambda, column)]
  for (const part of [asked.slice(0, firstRequests), asked.slice(firstRequests)]) {
    await runStream(selectLlms(selectRows(data, part), columns), policy, { lambda, seed: order, feedback: 'score' })
    looks.push(served(policy, columns, lambda, column))
  }
  return looks
}

/** @returns the share of `column`, 0 where it is not in the pool. */
function served(policy: RoutingPolicy, columns: readonly number[], lambda: number, column: number) {
  const { shares, utility } = servedUtility(policy, data, columns, tested, { lambda, costReferenceUsd })
  return { share: shares[columns.indexOf(column)] ?? 0, utility }
}

function policyOf(fitted: FittedPolicy, columns: readonly number[]): RoutingPolicy {
  return new RoutingPolicy({ embedder, fitted, pool: recordedPool(selectLlms(data, columns)) })
}

function contextOf(row: number): RoutingContext {
  const context = buildContext(embedder, plainRequest(data.prompts[row]!.text))
  if (context instanceof Promise) throw new Error('the embedder is synchronous')
  return context
}

function shuffled<T>(values: readonly T[], seed: number): T[] {
  const order = Int32Array.from(values, (_, index) => index)
  shuffle(order, new SeededRandom(seed))
  return Array.from(order, (index) => values[index]!)
}
