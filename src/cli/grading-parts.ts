import type { ChargeStore } from '../accounts/charge-store.ts'
import type { Environment } from '../config/environment.ts'
import type { PointsmanConfig } from '../config/pointsman-config.ts'
import type { LiveJudgeParts } from '../gateway/live-judge/judge-settings.ts'
import { createLlmJudge } from '../grading/ask-llm.ts'
import { type OpenGrading, openGrading } from '../grading/open-grading.ts'
import { SeededRandom } from '../routing/numeric/random-source.ts'
import type { OpenPool } from './open-pool.ts'
import { randomSeed } from './system.ts'

/** Undefined: no live answer is judged. */
export function liveJudgeParts(
  { judge }: Pick<PointsmanConfig, 'judge'>,
  charges: ChargeStore,
): LiveJudgeParts | undefined {
  if (judge === undefined || judge.share === 0) return undefined
  return { ...judge, charges, random: new SeededRandom(randomSeed()) }
}

/**
 * What graders of probes need, by the configuration. The judge is the one of `judge.llm`, where the pool has it.
 *
 * @param folder where relative paths of the probes' databases begin.
 */
export function openProbeGrading(
  { grading, judge }: Pick<PointsmanConfig, 'grading' | 'judge'>,
  environment: Environment,
  pool: Pick<OpenPool, 'llms' | 'providerFor' | 'priceOf'>,
  folder: string,
): OpenGrading {
  const llm = judge === undefined ? undefined : pool.llms.find(({ id }) => id === judge.llm)
  return openGrading({
    folder,
    code: grading.code,
    commands: grading.commands,
    environment: { path: environment.PATH, home: environment.HOME },
    judge:
      llm === undefined ? undefined : createLlmJudge({ llm, provider: pool.providerFor(llm), priceOf: pool.priceOf }),
  })
}
