/**
 * How the settings of learning and exploring were chosen, on paretobandit's `val` split alone: three divisions by text,
 * fitted on one half, streamed through the other with feedback while the best LLM drops by .2 half-way; and cold starts
 * over the whole split. Run: npm exec -- node test/replay/learning-settings.ts
 */
import { readOutcomeData } from '../../src/outcomes/read-outcome-data.ts'
import { selectSplit, splitByGroup } from '../../src/outcomes/split.ts'
import { defaultExploration, noExploration } from '../../src/routing/decision/choice.ts'
import { HashedNgramEmbedder } from '../../src/routing/embedding/hashed-ngram-embedder.ts'
import type { RouterOptions } from '../../src/routing/router.ts'
import { defaultLearning, type LearningOptions, RoutingPolicy } from '../../src/routing/routing-policy.ts'
import { fitPolicy } from '../../src/training/fit-policy.ts'
import { runStream, type StreamStep } from './label-stream.ts'
import { dataFolder, meanAndInterval, realisedUtility, recordedPool } from './recorded-pool.ts'

interface Setting {
  readonly name: string
  readonly learning?: Partial<LearningOptions>
  readonly router?: Partial<RouterOptions>
  readonly feedback?: 'score' | undefined
}

const prior = (level: number, slope: number) => ({ priors: { ...defaultLearning.priors, fitted: { level, slope } } })
const evenFloor = { exploration: { ...defaultExploration, floorSpendShare: Number.POSITIVE_INFINITY } }
const settings: readonly Setting[] = [
  { name: 'as served', feedback: 'score' },
  { name: 'no feedback' },
  { name: 'prior .05, .003', feedback: 'score', learning: prior(0.05, 0.003) },
  { name: 'prior .05, .01', feedback: 'score', learning: prior(0.05, 0.01) },
  { name: 'γ = 1', feedback: 'score', learning: { discount: 1 } },
  { name: 'γ = .99', feedback: 'score', learning: { discount: 0.99 } },
  { name: 'even floor', feedback: 'score', router: evenFloor },
]
const lambdas = [0.2, 1.4, 20, 200]
const drop = 0.2

const data = selectSplit(await readOutcomeData(dataFolder('paretobandit')), 'val')
const pool = recordedPool(data)
const dearest = 3
const cheapest = 0

await compareUnderADrop()
await compareColdStarts()

async function compareUnderADrop(): Promise<void> {
  console.log('regret per prompt to a router told of the drop: before it | after it')
  console.log(
    row(
      '',
      lambdas.map((lambda) => `λ = ${lambda}`),
    ),
  )
  const regrets = new Map(
    settings.map(({ name }) => [name, lambdas.map(() => ({ before: [] as number[], after: [] as number[] }))]),
  )
  for (let division = 1; division <= 3; division++) {
    const { first, second } = splitByGroup(data, 0.5, division)
    const { policy: fitted, embedder } = await fitPolicy(first, { seed: division, now: 0 })
    const half = second.prompts.length >> 1
    const qualityAt = (recorded: number, llm: number, step: number) =>
      llm === dearest && step >= half ? Math.max(0, recorded - drop) : recorded
    for (const [i, lambda] of lambdas.entries()) {
      for (let seed = 1; seed <= 4; seed++) {
        let step = 0
        const informed = {
          llms: fitted.quality.llms,
          snapshot: () => fitted.quality.snapshot(),
          predict(...[context, quality]: Parameters<typeof fitted.quality.predict>) {
            fitted.quality.predict(context, quality)
            if (step++ >= half) quality[dearest] = Math.max(0, quality[dearest]! - drop)
          },
        }
        const told = await runStream(
          second,
          new RoutingPolicy({ embedder, fitted: { ...fitted, quality: informed }, pool }),
          {
            lambda,
            seed,
            feedback: undefined,
            qualityAt,
            router: { exploration: noExploration, explorationWidth: 0 },
          },
        )
        const worth = ({ quality, costUsd }: StreamStep) =>
          realisedUtility(quality, costUsd, lambda, fitted.costReferenceUsd)
        for (const { name, learning = {}, router = {}, feedback } of settings) {
          const policy = new RoutingPolicy({ embedder, fitted, pool, options: learning })
          const steps = await runStream(second, policy, { lambda, seed, feedback, qualityAt, router })
          const lost = steps.map((taken, at) => worth(told[at]!) - worth(taken))
          regrets.get(name)![i]!.before.push(mean(lost.slice(0, half)))
          regrets.get(name)![i]!.after.push(mean(lost.slice(half)))
        }
      }
    }
  }
  for (const [name, list] of regrets) {
    console.log(
      row(
        name,
        list.map(({ before, after }) => `${figure(mean(before))} | ${figure(mean(after))}`),
      ),
    )
  }
}

async function compareColdStarts(): Promise<void> {
  console.log('\ncold start: utility of the first 500 prompts above always the cheapest, 10 orders')
  const width = data.llms.length
  const embedder = new HashedNgramEmbedder()
  const scale = mean(data.prompts.map((_, prompt) => data.costUsd[prompt * width + dearest]!))
  for (const { name, router = {} } of settings.filter(
    ({ router, name }) => router !== undefined || name === 'as served',
  )) {
    const cells: string[] = []
    for (const lambda of lambdas) {
      const gains: number[] = []
      for (let seed = 1; seed <= 10; seed++) {
        const steps = await runStream(data, new RoutingPolicy({ embedder, pool }), {
          lambda,
          seed,
          feedback: 'score',
          router,
        })
        const gain = ({ prompt, quality, costUsd }: StreamStep) => {
          const cell = prompt * width + cheapest
          const base = realisedUtility(data.quality[cell]!, data.costUsd[cell]!, lambda, scale)
          return realisedUtility(quality, costUsd, lambda, scale) - base
        }
        gains.push(mean(steps.slice(0, 500).map(gain)))
      }
      cells.push(`${figure(meanAndInterval(gains).mean)} ±${meanAndInterval(gains).halfWidth.toFixed(4)}`)
    }
    console.log(row(name, cells))
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function figure(value: number): string {
  return (value < 0 ? '' : ' ') + value.toFixed(4)
}

function row(name: string, cells: readonly string[]): string {
  return [name.padEnd(16), ...cells.map((cell) => cell.padStart(18))].join('  ')
}
