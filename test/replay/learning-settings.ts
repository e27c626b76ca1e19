/**
 * How the settings of learning, exploring and pacing were chosen: the drift protocol's scenarios on training rows alone, half of them
 * fitted on and half streamed (paretobandit: its `val` split), and cold starts over paretobandit's `val`.
 * Run: npm exec -- node test/replay/learning-settings.ts [set] [orders] [share fitted on]
 */

import { trainTestRows } from '../../src/evaluation/evaluation-data.ts'
import { pointsmanOnline } from '../../src/evaluation/online/pointsman-online.ts'
import { fitDriftCase } from '../../src/evaluation/protocols/drift/drift-case.ts'
import { prepareDriftData } from '../../src/evaluation/protocols/drift/drift-data.ts'
import { driftSplitSeed, planDrift } from '../../src/evaluation/protocols/drift/drift-plan.ts'
import { settingTitle } from '../../src/evaluation/protocols/drift/drift-setting.ts'
import { fullInformationChoices } from '../../src/evaluation/protocols/drift/informed-choices.ts'
import { replayPolicy } from '../../src/evaluation/protocols/drift/replay-policy.ts'
import { driftStream, promptReader } from '../../src/evaluation/protocols/drift/run-order.ts'
import { type RunScores, realiseRun, scoreRun } from '../../src/evaluation/protocols/drift/score-run.ts'
import { type OutcomeData, selectRows } from '../../src/outcomes/outcome-data.ts'
import { readOutcomeData } from '../../src/outcomes/read-outcome-data.ts'
import { selectSplit } from '../../src/outcomes/split.ts'
import { defaultExploration, noExploration } from '../../src/routing/decision/choice.ts'
import { HashedNgramEmbedder } from '../../src/routing/embedding/hashed-ngram-embedder.ts'
import { SeededRandom, shuffle } from '../../src/routing/numeric/random-source.ts'
import { defaultRouterOptions, type RouterOptions } from '../../src/routing/router.ts'
import { defaultLearning, type LearningOptions, RoutingPolicy } from '../../src/routing/routing-policy.ts'
import { runStream } from './label-stream.ts'
import { dataFolder, meanAndInterval, realisedUtility, recordedPool } from './recorded-pool.ts'

interface Setting {
  readonly name: string
  readonly learning?: Partial<LearningOptions>
  readonly router?: Partial<RouterOptions>
}

const [set = 'paretobandit', orders = '4', share = '0.5'] = process.argv.slice(2)
const fittedPrior = (level: number, slope: number) => ({
  priors: { ...defaultLearning.priors, fitted: { level, slope } },
})
const exploring = (changes: Partial<typeof defaultExploration>) => ({
  exploration: { ...defaultExploration, ...changes },
})
const settings: readonly Setting[] = [
  { name: 'as served' },
  { name: 'no exploration', router: { exploration: noExploration, explorationWidth: 0 } },
  { name: 'nothing learned', learning: { ...fittedPrior(1e-6, 1e-6), changes: undefined, sourceNoise: undefined } },
  { name: 'no alarms', learning: { changes: undefined } },
  { name: 'alarms at 16', learning: { changes: { allowance: 0.25, threshold: 16 } } },
  { name: 'all sources alike', learning: { sourceNoise: undefined } },
  { name: 'prior .02, .003', learning: fittedPrior(0.02, 0.003) },
  { name: 'γ = .999', learning: { discount: 0.999 } },
  { name: 'newcomers not hoped', router: { newcomerWidth: 0.1 } },
  { name: 'no trials', router: exploring({ trialShare: 0 }) },
  { name: 'own difficulty', learning: { sharedDifficulty: 0 } },
  { name: 'price .005', router: exploring({ price: 0.005, floorPrice: 0.001, floorSpendShare: 0.25 }) },
]

await compareDrift()
if (set === 'paretobandit') await compareColdStarts()

/** Training rows, divided anew into rows to fit on and rows to stream. */
async function trainingHalves(): Promise<OutcomeData> {
  const source = await readOutcomeData(dataFolder(set))
  const train = set === 'paretobandit' ? selectSplit(source, 'val') : trainingRowsOf(source)
  const order = train.prompts.map((_, row) => row)
  shuffle(order, new SeededRandom(4711))
  const offline = new Set(order.slice(0, Math.round(order.length * Number(share))))
  const prompts = train.prompts.map((prompt, row) => ({ ...prompt, split: offline.has(row) ? 'val' : 'test' }))
  return { ...train, prompts }
}

function trainingRowsOf(source: OutcomeData): OutcomeData {
  const prepared = prepareDriftData(source)
  return selectRows(prepared.data, trainTestRows(prepared, driftSplitSeed).train)
}

async function compareDrift(): Promise<void> {
  const plan = planDrift(await trainingHalves())
  const driftCase = await fitDriftCase(plan, [])
  const promptOf = promptReader(driftCase)
  plan.settings.forEach((setting, index) => {
    console.log(`${index + 1}: ${settingTitle(setting)}`)
  })
  console.log(
    '\n10⁴ × regret after a change, under a budget priced regret of the whole stream, by scenario; then most overspent, %',
  )
  for (const { name, learning = {}, router = {} } of settings) {
    const kind = pointsmanOnline(driftCase.fits, { ...defaultRouterOptions, ...router }, learning)
    const fitted = await kind.fit(driftCase.knowledge)
    let worst = Number.NEGATIVE_INFINITY
    const cells = plan.settings.map((setting, index) => {
      const { change, goal } = setting
      const told = change.scenario === 'newcomer' ? driftCase.toldOfNewcomer : driftCase.told
      const cast = {
        newcomer: change.scenario === 'newcomer' ? plan.cast.newcomer : undefined,
        dropped: change.scenario === 'quality-drop' ? plan.cast.workhorse : undefined,
      }
      const scores = Array.from({ length: Number(orders) }, (_, order): RunScores => {
        const stream = driftStream(plan, setting, order + 1)
        const informed = fullInformationChoices(stream, told, promptOf, goal)
        const random = new SeededRandom(Math.imul(order + 1, 0x9e3779b1) ^ index)
        const run = realiseRun(stream, replayPolicy(stream, fitted.start(goal), promptOf, random), goal)
        return scoreRun(stream, run, realiseRun(stream, informed.choices, goal), goal, informed.dual, cast)
      })
      for (const { budgetOvershoot } of scores) if (budgetOvershoot > worst) worst = budgetOvershoot
      return mean(scores.map(({ regret, pricedRegret }) => (Number.isFinite(pricedRegret) ? pricedRegret : regret)))
    })
    const printed = cells.map((value) => (10_000 * value).toFixed(0).padStart(5)).join('')
    console.log(`${name.padEnd(20)}${printed}${(100 * worst).toFixed(2).padStart(8)}`)
  }
}

async function compareColdStarts(): Promise<void> {
  const data = selectSplit(await readOutcomeData(dataFolder(set)), 'val')
  const pool = recordedPool(data)
  const [cheapest, dearest] = [0, 3]
  const lambdas = [0.2, 1.4, 20, 200]
  console.log(
    `\ncold start: utility of the first 500 prompts above always the cheapest, 10 orders, λ = ${lambdas.join(', ')}`,
  )
  const width = data.llms.length
  const embedder = new HashedNgramEmbedder()
  const scale = mean(data.prompts.map((_, prompt) => data.costUsd[prompt * width + dearest]!))
  for (const { name, router = {} } of settings.filter((setting) => setting.learning === undefined)) {
    const cells: string[] = []
    for (const lambda of lambdas) {
      const gains: number[] = []
      for (let seed = 1; seed <= 10; seed++) {
        const policy = new RoutingPolicy({ embedder, pool })
        const steps = await runStream(data, policy, { lambda, seed, feedback: 'score', router })
        const gained = steps.slice(0, 500).map(({ prompt, quality, costUsd }) => {
          const cell = prompt * width + cheapest
          const base = realisedUtility(data.quality[cell]!, data.costUsd[cell]!, lambda, scale)
          return realisedUtility(quality, costUsd, lambda, scale) - base
        })
        gains.push(mean(gained))
      }
      const { mean: centre, halfWidth } = meanAndInterval(gains)
      cells.push(`${centre.toFixed(4)} ±${halfWidth.toFixed(4)}`.padStart(18))
    }
    console.log(name.padEnd(20) + cells.join(''))
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
