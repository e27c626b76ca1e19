/**
 * Are the right candidates promoted? Streams resampled from sets where every LLM's answer to every prompt is recorded, so that what a
 * candidate is worth is known exactly. Run: npm exec -- node test/replay/promotion.ts [runs] [events]
 */
import { defaultPromotion, type PromotionOptions, PromotionTest } from '../../src/proof/promotion/promotion-test.ts'
import { SeededRandom } from '../../src/routing/numeric/random-source.ts'
import { candidateWorth, disagreement, drawTurn, readWorld, type TrialWorld, worthOf } from './promotion-world.ts'

const runs = Number(process.argv[2] ?? 200)
const events = Number(process.argv[3] ?? 10_000)
const lambda = 20

interface Setting {
  readonly name: string
  readonly labelShare: number
  readonly mostTurns: number
  readonly options: PromotionOptions
}

const plain: Setting = { name: 'one turn', labelShare: 1, mostTurns: 1, options: defaultPromotion }
const settings: readonly Setting[] = [
  plain,
  { ...plain, name: 'labels on 20 %', labelShare: 0.2 },
  { ...plain, name: '1–5 turns', mostTurns: 5 },
  { ...plain, name: '1–5 turns, 20 %', mostTurns: 5, labelShare: 0.2 },
  { ...plain, name: 'share stays .1', options: { ...defaultPromotion, provenShare: 0.1 } },
]

const worlds = [
  await readWorld('paretobandit', ['val', 'test'], lambda),
  await readWorld('routerbench-0shot', ['train', 'test'], lambda),
]
console.log(`${runs} runs of up to ${events} labelled decisions each; λ = ${lambda}, α = ${defaultPromotion.alpha}`)
console.log(line(['set', 'setting', 'gain', 'differs', 'promoted', 'worse', 'median events', '9 in 10', 'decisions']))
/** On which part of the prompts candidates differ: of paretobandit, whose LLMs are near each other, no smaller one holds a gain of .02. */
const parts = [0.75, 0.4]
for (const [i, world] of worlds.entries()) {
  for (const gain of [-0.03, -0.01, 0, 0.02]) {
    const candidate = candidateWorth(world, gain, parts[i]!, 7)
    for (const setting of settings) report(world, candidate, setting)
  }
}
console.log('A version fitted on everything against one fitted on a twentieth of it:')
for (const { candidate, ...world } of [
  await readWorld('paretobandit', ['val', 'test'], lambda, 0.05),
  await readWorld('routerbench-0shot', ['train', 'test'], lambda, 0.05),
]) {
  for (const setting of [settings[0]!, settings[1]!, settings[2]!]) report(world, candidate, setting)
}

function report(world: TrialWorld, candidate: Float64Array, setting: Setting): void {
  const gain = worthOf(world, candidate) - worthOf(world, world.serving)
  const all = Array.from({ length: runs }, (_, run) => runTrial(world, candidate, setting, 1000 + run))
  const promoted = all.filter(({ verdict }) => verdict === 'better')
  const worse = all.filter(({ verdict }) => verdict === 'worse').length
  const outcomes = promoted.map((run) => run.outcomes).toSorted((a, b) => a - b)
  const decisions = promoted.map((run) => run.decisions).toSorted((a, b) => a - b)
  console.log(
    line([
      world.name,
      setting.name,
      gain.toFixed(4),
      disagreement(world, candidate).toFixed(3),
      `${promoted.length}/${runs}`,
      `${worse}/${runs}`,
      at(outcomes, 0.5),
      at(outcomes, 0.9),
      at(decisions, 0.5),
    ]),
  )
}

function runTrial(world: TrialWorld, candidate: Float64Array, setting: Setting, seed: number) {
  const random = new SeededRandom(seed * 2_654_435_761)
  const test = new PromotionTest(world.scale, 1, setting.options)
  let outcomes = 0
  let decisions = 0
  while (outcomes < events && test.verdict === 'undecided') {
    const { share } = test
    const byCandidate = random.next() < share
    const length = 1 + Math.floor(random.next() * setting.mostTurns)
    const turns = Array.from({ length }, () => drawTurn(world, candidate, byCandidate, setting.labelShare, random))
    test.count({ share, turns })
    decisions += length
    outcomes += turns.filter(({ outcome }) => outcome !== undefined).length
  }
  return { verdict: test.verdict, outcomes, decisions }
}

function at(sorted: readonly number[], quantile: number): string {
  return sorted.length === 0 ? '–' : String(sorted[Math.min(sorted.length - 1, Math.floor(quantile * sorted.length))])
}

function line(cells: readonly string[]): string {
  return cells.map((cell, i) => (i < 2 ? cell.padEnd(18) : cell.padStart(i === 6 ? 14 : 9))).join(' ')
}
