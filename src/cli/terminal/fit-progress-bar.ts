import type { FitPhase, FitProgress } from '../../training/fit-progress.ts'
import { PercentBar } from './percent-bar.ts'

const phases: readonly { readonly phase: FitPhase; readonly title: string; readonly share: number }[] = [
  { phase: 'embedder', title: 'learning the embedding', share: 25 },
  { phase: 'contexts', title: 'embedding the prompts', share: 5 },
  { phase: 'cross-validation', title: 'cross-validating the predictors', share: 50 },
  { phase: 'final', title: 'fitting on everything', share: 20 },
]

/** One bar over all phases of a fit; silent where no bar can be drawn. */
export class FitProgressBar {
  readonly #bar = new PercentBar('starting')
  #isLastPhase = false

  show({ phase, done, total }: FitProgress): void {
    const index = phases.findIndex((entry) => entry.phase === phase)
    const before = phases.slice(0, index).reduce((sum, entry) => sum + entry.share, 0)
    const { title, share } = phases[index]!
    this.#bar.show(before + (share * done) / Math.max(1, total), title)
    this.#isLastPhase = index === phases.length - 1
  }

  close(): void {
    this.#bar.close(this.#isLastPhase ? 'fitted' : 'stopped')
  }
}
