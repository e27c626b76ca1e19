import { progress } from '@clack/prompts'
import type { FitPhase, FitProgress } from '../../training/fit-progress.ts'

const phases: readonly { readonly phase: FitPhase; readonly title: string; readonly share: number }[] = [
  { phase: 'embedder', title: 'learning the embedding', share: 25 },
  { phase: 'contexts', title: 'embedding the prompts', share: 5 },
  { phase: 'cross-validation', title: 'cross-validating the predictors', share: 50 },
  { phase: 'final', title: 'fitting on everything', share: 20 },
]

/** One bar over all phases of a fit, on standard error; silent where that is no terminal. */
export class FitProgressBar {
  readonly #bar: ReturnType<typeof progress> | undefined
  #drawn = 0
  #title = ''

  constructor() {
    if (!process.stderr.isTTY) return
    this.#bar = progress({ max: 100, style: 'block', output: process.stderr })
    this.#bar.start('starting')
  }

  show({ phase, done, total }: FitProgress): void {
    if (this.#bar === undefined) return
    const index = phases.findIndex((entry) => entry.phase === phase)
    const before = phases.slice(0, index).reduce((sum, entry) => sum + entry.share, 0)
    const { title, share } = phases[index]!
    const reached = Math.floor(before + (share * done) / Math.max(1, total))
    if (reached <= this.#drawn && title === this.#title) return
    this.#bar.advance(Math.max(0, reached - this.#drawn), title)
    this.#drawn = Math.max(this.#drawn, reached)
    this.#title = title
  }

  close(): void {
    this.#bar?.stop(this.#title === phases.at(-1)!.title ? 'fitted' : 'stopped')
  }
}
