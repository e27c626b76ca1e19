/** What an LLM reached on one graded probe, and what was predicted of it there; both [0, 1]. */
export interface JudgedProbe {
  readonly quality: number
  readonly predicted: number
}

/** τ of tasks before the first is seen, and how many tasks that guess counts for. */
const spreadBefore = { deviation: 0.1, tasks: 4 } as const

/** σ² where no task has two probes. */
const unknownVariance = 0.2

/** Probes that were met exactly leave others that need not be. */
const smallestVariance = 1e-3

/**
 * What to expect of an LLM in each task (mathematics §19): its prediction there, moved towards the mean of its own probes by what they are worth.
 *
 *     p̄_t + s_t·(ȳ_t − p̄_t)        s_t = τ²/(τ² + σ²/n_t)
 *
 * the posterior mean of the task's own deviation, N(0, τ²) from task to task, given n_t probes of it. A prediction sees the text of a request
 * alone, in which its task often does not show; the probes' tasks are known. σ² is the residuals' variance within tasks, τ² that between them
 * by moments, both of this LLM alone, the latter with a guess that counts for four tasks.
 *
 * @param tasks the probes of each, none of them empty.
 * @returns by task, between prediction and own mean.
 */
export function expectedQualities(tasks: readonly (readonly JudgedProbe[])[]): number[] {
  const groups = tasks.map((probes) => {
    const residual = mean(probes.map(({ quality, predicted }) => quality - predicted))
    const squares = probes.map(({ quality, predicted }) => (quality - predicted - residual) ** 2)
    return {
      count: probes.length,
      residual,
      squares: sum(squares),
      predicted: mean(probes.map((one) => one.predicted)),
    }
  })
  const probes = sum(groups.map(({ count }) => count))
  const degrees = probes - groups.length
  const noise =
    degrees > 0 ? Math.max(smallestVariance, sum(groups.map((one) => one.squares)) / degrees) : unknownVariance
  // E[residual²] = τ² + σ²/n: tasks weigh as their probes.
  const moment = sum(groups.map(({ count, residual }) => (count * residual ** 2 - noise) / probes))
  const { deviation, tasks: before } = spreadBefore
  const spread = Math.max(0, (before * deviation ** 2 + groups.length * moment) / (before + groups.length))
  return groups.map(({ count, residual, predicted }) => predicted + (spread / (spread + noise / count)) * residual)
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

function mean(values: readonly number[]): number {
  return sum(values) / values.length
}
