/** Long work cut into steps: it yields where its caller may do something else, and returns its result. */
export type WorkSteps<Result> = Generator<void, Result, void>

/** Does all steps at once. */
export function finishSteps<Result>(steps: WorkSteps<Result>): Result {
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
  }
}

/** Does all steps, awaiting `pause` between any two. The result is the same as without. */
export async function finishStepsPausing<Result>(
  steps: WorkSteps<Result>,
  pause: () => Promise<void>,
): Promise<Result> {
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
    await pause()
  }
}
