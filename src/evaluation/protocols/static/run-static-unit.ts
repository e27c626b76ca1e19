import type { OutcomeData } from '../../../outcomes/outcome-data.ts'
import { type PreparedData, prepareData } from '../../evaluation-data.ts'
import { EvaluationError } from '../../evaluation-error.ts'
import type { WorkerCache, WorkUnit } from '../../protocol.ts'
import { costSkill } from './cost-skill.ts'
import { type RealisedSweep, realise } from './realised-sweep.ts'
import { llmsOnTrainHull, referenceSweeps } from './reference-sweeps.ts'
import { shuffledGains } from './shuffled-control.ts'
import { type StaticCase, staticCase } from './static-case.ts'
import type { StaticEntrant } from './static-entrant.ts'
import { rowOutput, type StaticOutput, type StaticRowOutput } from './static-output.ts'
import { shuffledEntrants, staticEntrants } from './static-policies.ts'
import { StaticScorer } from './static-scorer.ts'

/** Costs carry the claim; where LLMs are incomplete, means over different prompts would be compared. */
export const staticNeeds = { cost: true, complete: true } as const

/** What a unit is about. `index` counts in {@link staticEntrants} or, for `shuffled`, in {@link shuffledEntrants}. */
export interface StaticUnitParameters {
  readonly seed: number
  readonly kind: 'policy' | 'shuffled' | 'references'
  readonly index: number
}

/** Policies that the figure by task shows; the replicates of the others need not be kept. */
export const taskPolicies: ReadonlySet<string> = new Set([
  'pointsman',
  'stacked',
  'mixllm',
  'uniroute',
  'best-single',
  'zero-router',
  'oracle',
])

/** Tasks shown, the largest of the test prompts. */
const mostTasks = 8

interface SharedCase extends StaticCase {
  readonly scorer: StaticScorer
  readonly tasks: readonly string[]
}

export async function runStaticUnit(
  data: OutcomeData,
  unit: WorkUnit,
  cache: WorkerCache,
  onProgress: (share: number) => void,
): Promise<StaticOutput> {
  const { seed, kind, index } = unit.parameters as unknown as StaticUnitParameters
  const prepared = await cache.get('static-data', data.name, () => prepareData(data, staticNeeds))
  const shared = await cache.get('static-case', `${data.name} ${seed}`, () => shareCase(prepared, seed))
  onProgress(0.1)
  if (kind === 'references') {
    const rows = referenceSweeps(shared).map(({ policy, setting, sweep }) => score(shared, policy, setting, sweep))
    return { rows, control: null, costs: costSkill(shared, prepared.groups), seconds: null }
  }
  if (kind === 'shuffled') {
    const { entrant, shuffles } = shuffledEntrants[index]!
    return { rows: [], control: await shuffledGains(entrant, shared, shuffles), seconds: null }
  }
  return runEntrant(staticEntrants[index]!, shared, onProgress)
}

async function shareCase(prepared: PreparedData, seed: number): Promise<SharedCase> {
  const made = await staticCase(prepared, seed)
  return {
    ...made,
    scorer: new StaticScorer(made.test, prepared.groups, llmsOnTrainHull(made.training.rows)),
    tasks: largestTasks(made.test.sources),
  }
}

async function runEntrant(
  { policy, setting }: StaticEntrant,
  shared: SharedCase,
  onProgress: (share: number) => void,
): Promise<StaticOutput> {
  const start = performance.now()
  const fitted = await policy.fit(shared.training)
  const fittedAt = performance.now()
  onProgress(0.7)
  const choices = await fitted.choose(shared.prompts)
  const chosenAt = performance.now()
  onProgress(0.9)
  const expected = choices.settings * shared.test.rows.length
  if (choices.answeredBy.length !== expected) {
    throw new EvaluationError(
      'worker_failed',
      `${policy.name} made ${choices.answeredBy.length} choices of ${expected}`,
    )
  }
  return {
    rows: [score(shared, policy.name, setting, realise(choices, shared.test))],
    control: null,
    seconds: { fit: (fittedAt - start) / 1000, choose: (chosenAt - fittedAt) / 1000 },
  }
}

function score(
  { scorer, tasks }: SharedCase,
  policy: string,
  setting: StaticRowOutput['setting'],
  sweep: RealisedSweep,
): StaticRowOutput {
  const shown = taskPolicies.has(policy) && Object.keys(setting).length === 0 ? tasks : []
  const budgetUsd = scorer.scale.best.costUsd / 4
  return rowOutput(policy, setting, scorer.score(sweep), scorer.taskQuality(sweep, budgetUsd, shown))
}

/** Of the test prompts, by falling size, then by name; none where the set names at most one. */
function largestTasks(sources: readonly string[]): string[] {
  const counts = new Map<string, number>()
  for (const source of sources) counts.set(source, (counts.get(source) ?? 0) + 1)
  if (counts.size < 2) return []
  return [...counts]
    .sort(([nameA, a], [nameB, b]) => b - a || (nameA < nameB ? -1 : 1))
    .slice(0, mostTasks)
    .map(([name]) => name)
}
