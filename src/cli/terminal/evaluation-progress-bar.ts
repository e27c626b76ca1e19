import type { EvaluationProgress } from '../../evaluation/runtime/evaluation-progress.ts'
import { duration } from './duration.ts'
import { ProgressLines } from './progress-lines.ts'
import type { Terminal } from './terminal.ts'

const lineEveryMs = 30_000

/** A bar with the time left, or lines. */
export class EvaluationProgressBar {
  readonly #progress: ProgressLines

  constructor(title: string, terminal: Terminal) {
    this.#progress = new ProgressLines(title, terminal, lineEveryMs)
  }

  show(now: EvaluationProgress): void {
    const text = describe(now)
    this.#progress.show(now.share * 100, text, `${Math.floor(now.share * 100)} %, ${text}`)
  }

  close(text: string): void {
    this.#progress.close(text)
  }
}

function describe({ finished, total, secondsLeft }: EvaluationProgress): string {
  const left = secondsLeft === undefined ? '' : `, ${duration(secondsLeft)} left`
  return `${finished} of ${total} pieces of work${left}`
}
