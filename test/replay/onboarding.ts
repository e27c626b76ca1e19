/**
 * Onboarding by replay through real HTTP: each base of a recorded set is held out with its siblings, a policy is fitted on the others, a
 * gateway serves it, and the held-out LLM joins by POST /admin/llms with 50 and with 200 probes. Printed: predicted against true quality per
 * task on prompts that nobody was fitted on or probed with, and the share of the traffic it would have in a policy fitted with it that it has
 * at once and after 200 and 1,000 requests with feedback.
 *
 * Run: npm exec -- node test/replay/onboarding.ts <bfcl-2024-08|zeroeval> [bases, default 12] [requests, default 1000]
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { openService, openStorage, type Service } from '../../src/cli/open-service.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { usableLlms } from '../../src/evaluation/usable-llms.ts'
import { selectLlms, selectRows } from '../../src/outcomes/outcome-data.ts'
import { readOutcomeData } from '../../src/outcomes/read-outcome-data.ts'
import { type DecidedRequest, forecastPool } from '../../src/probing/predicted-choices.ts'
import { buildContext } from '../../src/routing/embedding/context-builder.ts'
import { SeededRandom, shuffle } from '../../src/routing/numeric/random-source.ts'
import { toStoredPolicyVersion } from '../../src/routing/prediction/fitted-policy.ts'
import type { Llm } from '../../src/routing/registry/llm.ts'
import { plainRequest } from '../../src/routing/request.ts'
import { RoutingPolicy } from '../../src/routing/routing-policy.ts'
import { type FitResult, fitPolicy } from '../../src/training/fit-policy.ts'
import { startRightOrWrong } from './onboarding-upstream.ts'
import { dataFolder, recordedPool } from './recorded-pool.ts'

const name = process.argv[2] ?? 'zeroeval'
const mostBases = Number(process.argv[3] ?? 12)
const requests = Number(process.argv[4] ?? 1000)
const probeCounts = [50, 200]
const lambdas = [1.4, 5, 20, 100]
/** Below it an ideal share says little. */
const leastIdealShare = 0.05
const environment = { MASTER: 'sk-replay-0123456789', POINTSMAN_LOG: 'silent' }
const headers = { authorization: `Bearer ${environment.MASTER}`, 'content-type': 'application/json' }
const silent = { info: () => {}, warn: () => {}, error: () => {} }

const source = await readOutcomeData(dataFolder(name))
const usable = usableLlms(source, { cost: true, complete: true })
const data = selectLlms(selectRows(source, usable.rows), usable.llms)
const width = data.llms.length
const order = Int32Array.from(data.prompts, (_, row) => row)
shuffle(order, new SeededRandom(1))
const rows = [...order]
const testRows = rows.splice(0, Math.floor(0.2 * data.prompts.length))
const probeRows = rows.splice(0, Math.max(...probeCounts))
// Fitted predictors know the prompts they were fitted on too well: what is served is new to all.
const servedRows = rows.splice(0, Math.min(requests, Math.floor(0.45 * rows.length)))
const trainRows = rows
const bases = [...new Set(data.llms.map((llm) => llm.base))]
const chosen = new SeededRandom(2)
const heldOut = Int32Array.from(bases, (_, index) => index)
shuffle(heldOut, chosen)
const upstream = await startRightOrWrong(data)
console.log(
  `${name}: ${width} LLMs of ${bases.length} bases; ${trainRows.length} prompts to fit, ${probeRows.length} to probe, ${testRows.length} to test; ${requests} requests with feedback, of ${servedRows.length} prompts; seed 1`,
)
const results: Landed[] = []
for (const index of [...heldOut].slice(0, mostBases)) {
  for (const landed of await holdOut(bases[index]!)) {
    results.push(landed)
    const tasks = landed.tasks.map(
      ({ task, predicted, truth }) => `${task} ${predicted.toFixed(2)}/${truth.toFixed(2)}`,
    )
    const shares = landed.shares.map((share) => share.toFixed(3)).join(' ')
    console.log(
      `${landed.llm} N=${landed.probes} level ${landed.level.toFixed(3)}/${landed.truth.toFixed(3)} λ=${landed.lambda} ideal ${landed.ideal.toFixed(3)} got ${shares} same ${landed.overlaps.map((part) => part.toFixed(3)).join(' ')} | ${tasks.join(', ')}`,
    )
  }
}
await upstream.close()
for (const probes of probeCounts) summarise(probes)

interface Landed {
  readonly llm: string
  readonly probes: number
  /** `own`: mean of its probes of that task, or of all of them where it has none. */
  readonly tasks: readonly {
    readonly task: string
    readonly predicted: number
    readonly truth: number
    readonly own: number
  }[]
  readonly level: number
  readonly truth: number
  readonly lambda: number
  /** Share of the test prompts in a policy fitted with it. */
  readonly ideal: number
  /** After 0, 200 and all requests. */
  readonly shares: readonly number[]
  /** Of the prompts that it has in that policy, those it has here. */
  readonly overlaps: readonly number[]
}

async function holdOut(base: string): Promise<Landed[]> {
  const others = data.llms.flatMap((llm, column) => (llm.base === base ? [] : [column]))
  const column = data.llms.findIndex((llm) => llm.base === base)
  const train = selectRows(data, trainRows)
  const without = await fitPolicy(selectLlms(train, others), { seed: 1, now: 1 })
  const { embedder } = without
  const ideal = await fitPolicy(selectLlms(train, [...others, column]), { seed: 1, now: 1, embedder })
  const pool = recordedPool(selectLlms(data, [...others, column]))
  const list: DecidedRequest[] = testRows.map((row) => {
    const request = plainRequest(data.prompts[row]!.text)
    const context = buildContext(embedder, request)
    if (context instanceof Promise) throw new Error('the embedder is synchronous')
    return { context, size: request }
  })
  const idealPolicy = new RoutingPolicy({ embedder, fitted: ideal.policy, pool })
  const shares = lambdas.map((lambda) => share(idealPolicy, pool, list, lambda))
  const best = shares.indexOf(Math.max(...shares))
  const landed: Landed[] = []
  for (const probes of probeCounts) {
    const one = await onboard({
      column,
      others,
      without,
      pool,
      list,
      probes,
      lambda: lambdas[best]!,
      ideal: shares[best]!,
      idealPolicy,
    })
    if (one !== undefined) landed.push(one)
  }
  return landed
}

interface Case {
  readonly column: number
  readonly others: readonly number[]
  readonly without: FitResult
  readonly pool: readonly Llm[]
  readonly list: readonly DecidedRequest[]
  readonly probes: number
  readonly lambda: number
  readonly ideal: number
  readonly idealPolicy: RoutingPolicy
}

async function onboard(of: Case): Promise<Landed | undefined> {
  const folder = mkdtempSync(path.join(tmpdir(), 'pointsman-onboarding-'))
  writeSet(path.join(folder, 'sets', 'recorded'), probeRows.slice(0, of.probes), of.others)
  writeFileSync(path.join(folder, 'pointsman.yaml'), configuration(of.others))
  const config = loadConfig({ environment, folder, flags: {} })
  const storage = await openStorage(config)
  await storage.policies.saveEmbedder(of.without.embedder.id, of.without.embedder.snapshot())
  await storage.policies.saveVersion(toStoredPolicyVersion(of.without.policy))
  await storage.close()
  const service = await openService(config, environment, silent)
  try {
    return await serve(service, of)
  } finally {
    await service.close()
    rmSync(folder, { recursive: true })
  }
}

/** Undefined: it was refused, which is printed. */
async function serve(service: Service, of: Case): Promise<Landed | undefined> {
  const { url } = await service.gateway.listen('127.0.0.1', 0)
  const llm = data.llms[of.column]!
  const added = await post(`${url}/admin/llms`, {
    ...entry(of.column),
    probe: { set: 'recorded', concurrency: 8 },
  })
  for (;;) {
    const response = await fetch(`${url}/admin/probe-runs/${added.run}`, { headers })
    const run = (await response.json()) as { readonly status: string; readonly report: unknown }
    if (run.status === 'admitted') break
    if (run.status !== 'running') {
      console.log(`${llm.id} N=${of.probes} was not admitted: ${JSON.stringify(run.report)}`)
      return undefined
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  const fitted = service.router.policy.fitted!
  const place = fitted.quality.llms.indexOf(llm.id)
  const predicted = new Float64Array(fitted.quality.llms.length)
  const estimates = of.list.map(({ context }) => {
    fitted.quality.predict(context, predicted)
    // What is shown and compared with floors: q̂ only ranks.
    return fitted.reportedQuality(predicted[place]!)
  })
  const shares: number[] = []
  const overlaps: number[] = []
  const look = () => {
    shares.push(share(service.router.policy, of.pool, of.list, of.lambda))
    overlaps.push(overlap(service.router.policy, of))
  }
  look()
  // Who gets next to nothing from a policy fitted with it has no share to reach.
  const isWanted = of.ideal >= leastIdealShare
  const stream = Array.from({ length: isWanted ? requests : 0 }, (_, i) => servedRows[i % servedRows.length]!)
  await send(url, stream.slice(0, 200), of.lambda, service)
  look()
  await send(url, stream.slice(200), of.lambda, service)
  look()
  const truthOf = (row: number) => data.quality[row * width + of.column]!
  const asked = probeRows.slice(0, of.probes)
  const tasks = [...new Set(testRows.map((row) => data.prompts[row]!.source))].map((task) => {
    const inTask = testRows.flatMap((row, i) => (data.prompts[row]!.source === task ? [{ row, i }] : []))
    const same = asked.filter((row) => data.prompts[row]!.source === task)
    const own = mean((same.length === 0 ? asked : same).map(truthOf))
    return {
      task,
      own,
      predicted: mean(inTask.map(({ i }) => estimates[i]!)),
      truth: mean(inTask.map(({ row }) => truthOf(row))),
    }
  })
  return {
    ...{ llm: llm.id, probes: of.probes, tasks, lambda: of.lambda, ideal: of.ideal, shares, overlaps },
    level: mean(estimates),
    truth: mean(testRows.map(truthOf)),
  }
}

/** Four at a time, the recorded quality posted behind each answer; returns when all of it is learned. */
async function send(url: string, stream: readonly number[], lambda: number, service: Service): Promise<void> {
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < stream.length) {
      const content = data.prompts[stream[next++]!]!.text
      const body = { model: `auto:${lambda}`, messages: [{ role: 'user', content }] }
      const answer = await post(`${url}/v1/chat/completions`, body)
      const score = answer.choices[0]!.message.content === 'right' ? 1 : 0
      await post(`${url}/v1/feedback`, { response_id: answer.id, score })
      labels++
    }
  }
  const before = service.router.policy.labelSequence
  let labels = 0
  await Promise.all(Array.from({ length: 4 }, worker))
  while (service.router.policy.labelSequence < before + labels) await new Promise((resolve) => setTimeout(resolve, 20))
}

interface Answer {
  readonly id: string
  readonly run: string
  readonly choices: readonly { readonly message: { readonly content: string } }[]
}

async function post(url: string, body: unknown): Promise<Answer> {
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`)
  return (await response.json()) as Answer
}

function share(policy: RoutingPolicy, pool: readonly Llm[], list: readonly DecidedRequest[], lambda: number): number {
  return forecastPool(policy, pool, list, lambda).llms.at(-1)!.chosen / list.length
}

function overlap(policy: RoutingPolicy, { pool, list, lambda, idealPolicy }: Case): number {
  const has = (one: RoutingPolicy, request: DecidedRequest) => share(one, pool, [request], lambda) === 1
  const ideal = list.filter((request) => has(idealPolicy, request))
  return ideal.filter((request) => has(policy, request)).length / ideal.length
}

function configuration(others: readonly number[]): string {
  return JSON.stringify({
    server: { master_key: 'env:MASTER' },
    providers: { replay: { base_url: upstream.baseUrl } },
    llms: others.map(entry),
    probing: { sets: 'sets' },
    training: { refit_after_labels: 0 },
    routing: { seed: 1 },
  })
}

function entry(column: number) {
  const { id, price } = data.llms[column]!
  const rates = price && { input: price.inputPerMillionTokensUsd, output: price.outputPerMillionTokensUsd }
  return { id, provider: 'replay', ...(rates && { price: rates }) }
}

/** Probes with what the others reached on them, as `pointsman probes build` writes them. */
function writeSet(folder: string, of: readonly number[], others: readonly number[]): void {
  mkdirSync(folder, { recursive: true })
  const lines = of.map((row) => {
    const { id, source: task, text: prompt } = data.prompts[row]!
    return JSON.stringify({ id, task, prompt, grader: { kind: 'exact', answers: ['right'] } })
  })
  writeFileSync(path.join(folder, 'probes.jsonl'), lines.join('\n'))
  writeFileSync(
    path.join(folder, 'models.json'),
    JSON.stringify(others.map((column) => ({ id: data.llms[column]!.id }))),
  )
  const cells = of.flatMap((row) =>
    others.map((column) => `${data.prompts[row]!.id},${data.llms[column]!.id},${data.quality[row * width + column]!}`),
  )
  writeFileSync(path.join(folder, 'outcomes.csv'), `promptId,modelId,quality\n${cells.join('\n')}\n`)
}

function summarise(probes: number): void {
  const of = results.filter((landed) => landed.probes === probes)
  const pairs = of.flatMap(({ tasks }) => tasks)
  const ownError = mean(pairs.map(({ own, truth }) => Math.abs(own - truth)))
  const error = mean(pairs.map(({ predicted, truth }) => Math.abs(predicted - truth)))
  const levelError = mean(of.map(({ level, truth }) => Math.abs(level - truth)))
  const byTask = [...new Set(pairs.map(({ task }) => task))].map((task) => {
    const same = pairs.filter((pair) => pair.task === task)
    return spearman(
      same.map(({ predicted }) => predicted),
      same.map(({ truth }) => truth),
    )
  })
  const levels = spearman(
    of.map(({ level }) => level),
    of.map(({ truth }) => truth),
  )
  console.log(
    `${name}, ${probes} probes, ${of.length} LLMs: per task MAE ${error.toFixed(4)} (means of its own probes ${ownError.toFixed(4)}), rank correlation over LLMs within a task ${mean(byTask).toFixed(3)}; level MAE ${levelError.toFixed(4)}, rank correlation ${levels.toFixed(3)}`,
  )
  const wanted = of.filter(({ ideal }) => ideal >= leastIdealShare)
  const after = [0, 1, 2].map((i) => {
    const part = mean(wanted.map(({ shares, ideal }) => Math.min(1, shares[i]! / ideal)))
    return `${part.toFixed(3)} (same prompts ${mean(wanted.map(({ overlaps }) => overlaps[i]!)).toFixed(3)})`
  })
  console.log(
    `  share of its ideal traffic, ${wanted.length} LLMs with an ideal share of ${leastIdealShare} or more (mean ${mean(wanted.map(({ ideal }) => ideal)).toFixed(3)}): at once ${after[0]}, after 200 requests ${after[1]}, after ${requests} ${after[2]}`,
  )
}

/** Pearson's correlation of the ranks, ties shared; NaN of fewer than two different values. */
function spearman(a: readonly number[], b: readonly number[]): number {
  const [x, y] = [ranks(a), ranks(b)]
  const [mx, my] = [mean(x), mean(y)]
  const product = mean(x.map((value, i) => (value - mx) * (y[i]! - my)))
  const spread = (values: readonly number[], m: number) => Math.sqrt(mean(values.map((value) => (value - m) ** 2)))
  return product / (spread(x, mx) * spread(y, my))
}

function ranks(values: readonly number[]): number[] {
  return values.map((value) => mean(values.flatMap((other, i) => (other === value ? [rankAt(values, value, i)] : []))))
}

function rankAt(values: readonly number[], value: number, index: number): number {
  return values.filter((other, i) => other < value || (other === value && i < index)).length
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
