/**
 * A silent change on paretobandit: fitted on `val`, then the `test` prompts in seeded orders; half-way the best LLM's
 * quality drops by .2 and nothing says so. With feedback against without, beside a full-information router: the same
 * fitted predictor, told of the drop, exploring nothing. Run: npm exec -- node test/replay/learning.ts [seeds]
 */
import type { OutcomeData } from '../../src/outcomes/outcome-data.ts'
import { readOutcomeData } from '../../src/outcomes/read-outcome-data.ts'
import { selectSplit } from '../../src/outcomes/split.ts'
import { noExploration } from '../../src/routing/decision/choice.ts'
import type { QualityPredictor } from '../../src/routing/prediction/quality-predictor.ts'
import { RoutingPolicy } from '../../src/routing/routing-policy.ts'
import { fitPolicy } from '../../src/training/fit-policy.ts'
import { runStream, type StreamStep, streamOrder } from './label-stream.ts'
import { dataFolder, meanAndInterval, realisedUtility, recordedPool } from './recorded-pool.ts'

const seeds = Number(process.argv[2] ?? 5)
const drop = 0.2
const lambdas = [1.4, 20, 200]

const source = await readOutcomeData(dataFolder('paretobandit'))
const { policy: fitted, embedder } = await fitPolicy(source, { seed: 1, now: 0, split: 'val' })
const data = selectSplit(source, 'test')
const pool = recordedPool(data)
const width = data.llms.length
const best = bestLlm(data)
const half = Math.floor(data.prompts.length / 2)
const qualityAt = (recorded: number, llm: number, step: number) =>
  llm === best && step >= half ? Math.max(0, recorded - drop) : recorded

console.log(
  `paretobandit, fit on val, ${data.prompts.length} test prompts, ${seeds} orders; ${data.llms[best]!.id} drops by ${drop} at ${half}`,
)
console.log(
  'share of the oracle’s quality after the drop; regret in utility per prompt against the full-information router',
)
console.log(row(['λ', 'policy', 'before', 'after', 'regret 0–50', 'regret 300–600', 'regret after']))
for (const lambda of lambdas) {
  const runs = {
    scores: [] as Run[],
    thumbs: [] as Run[],
    'no feedback': [] as Run[],
    'full information': [] as Run[],
  }
  for (let seed = 1; seed <= seeds; seed++) {
    const told = await fullInformation(lambda, seed)
    const newPolicy = () => new RoutingPolicy({ embedder, fitted, pool })
    const scored = await runStream(data, newPolicy(), { lambda, seed, feedback: 'score', qualityAt })
    const untaught = await runStream(data, newPolicy(), { lambda, seed, feedback: undefined, qualityAt })
    const thumbed = await runStream(data, newPolicy(), { lambda, seed, feedback: 'thumbs', qualityAt })
    runs.scores.push(summarise(scored, told, lambda))
    runs.thumbs.push(summarise(thumbed, told, lambda))
    runs['no feedback'].push(summarise(untaught, told, lambda))
    runs['full information'].push(summarise(told, told, lambda))
  }
  for (const [name, list] of Object.entries(runs)) {
    const figure = (pick: (run: Run) => number) => {
      const { mean, halfWidth } = meanAndInterval(list.map(pick))
      return `${mean.toFixed(4)} ±${halfWidth.toFixed(4)}`
    }
    const cells = [figure((r) => r.shareBefore), figure((r) => r.shareAfter), figure((r) => r.regretFirst)]
    console.log(row([String(lambda), name, ...cells, figure((r) => r.regretLate), figure((r) => r.regretAfter)]))
  }
}

interface Run {
  readonly shareBefore: number
  readonly shareAfter: number
  readonly regretFirst: number
  readonly regretLate: number
  readonly regretAfter: number
}

function summarise(steps: readonly StreamStep[], told: readonly StreamStep[], lambda: number): Run {
  const oracle = steps.map(({ prompt }, step) => oracleQuality(prompt, step))
  const share = (from: number, to: number) => {
    const reached = steps.slice(from, to).reduce((sum, { quality }) => sum + quality, 0)
    return reached / oracle.slice(from, to).reduce((sum, quality) => sum + quality, 0)
  }
  const utilityOf = (step: StreamStep) => realisedUtility(step.quality, step.costUsd, lambda, fitted.costReferenceUsd)
  const regret = (from: number, to: number) => {
    const end = Math.min(to, steps.length)
    let sum = 0
    for (let i = from; i < end; i++) sum += utilityOf(told[i]!) - utilityOf(steps[i]!)
    return sum / (end - from)
  }
  return {
    shareBefore: share(0, half),
    shareAfter: share(half, steps.length),
    regretFirst: regret(half, half + 50),
    regretLate: regret(half + 300, half + 600),
    regretAfter: regret(half, steps.length),
  }
}

function oracleQuality(prompt: number, step: number): number {
  let most = 0
  for (let llm = 0; llm < width; llm++) most = Math.max(most, qualityAt(data.quality[prompt * width + llm]!, llm, step))
  return most
}

/** The stream as a router would serve it that is told of the drop the moment it happens. */
async function fullInformation(lambda: number, seed: number): Promise<StreamStep[]> {
  let step = 0
  const informed: QualityPredictor = {
    llms: fitted.quality.llms,
    predict(context, quality, uncertainty) {
      fitted.quality.predict(context, quality, uncertainty)
      const column = fitted.quality.llms.indexOf(data.llms[best]!.id)
      if (step >= half) quality[column] = Math.max(0, quality[column]! - drop)
      step++
    },
    snapshot: () => fitted.quality.snapshot(),
  }
  const policy = new RoutingPolicy({ embedder, fitted: { ...fitted, quality: informed }, pool })
  const router = { exploration: noExploration, explorationWidth: 0 }
  const steps = await runStream(data, policy, { lambda, seed, feedback: undefined, qualityAt, router })
  const order = streamOrder(data.prompts.length, seed)
  if (steps.some(({ prompt }, i) => prompt !== order[i])) throw new Error('the streams do not follow the same order')
  return [...steps]
}

function bestLlm(outcomes: OutcomeData): number {
  const means = outcomes.llms.map((_, llm) => {
    let sum = 0
    for (let prompt = 0; prompt < outcomes.prompts.length; prompt++) sum += outcomes.quality[prompt * width + llm]!
    return sum
  })
  return means.indexOf(Math.max(...means))
}

function row(cells: readonly string[]): string {
  return cells.map((cell, i) => (i === 1 ? cell.padEnd(17) : cell.padStart(i === 0 ? 5 : 17))).join(' ')
}
