import { progress } from '@clack/prompts'
import type { EvaluationProgress } from '../../evaluation/runtime/evaluation-progress.ts'
import type { Terminal } from './terminal.ts'

/** Where no bar can be drawn, a line this often says how far it is. */
const lineEveryMs = 30_000

/** A bar with the time left, on standard error; plain lines now and then where that is no terminal. */
export class EvaluationProgressBar {
  readonly #bar: ReturnType<typeof progress> | undefined
  readonly #terminal: Terminal
  #drawn = 0
  #lineAtMs = performance.now()

  constructor(title: string, terminal: Terminal) {
    this.#terminal = terminal
    if (!process.stderr.isTTY) return
    this.#bar = progress({ max: 100, style: 'block', output: process.stderr })
    this.#bar.start(title)
  }

  show(now: EvaluationProgress): void {
    const reached = Math.floor(now.share * 100)
    const text = describe(now)
    if (this.#bar !== undefined) {
      this.#bar.advance(Math.max(0, reached - this.#drawn), text)
      this.#drawn = Math.max(this.#drawn, reached)
    } else if (performance.now() - this.#lineAtMs >= lineEveryMs) {
      this.#lineAtMs = performance.now()
      this.#terminal.note(`${reached} %, ${text}`)
    }
  }

  close(text: string): void {
    this.#bar?.stop(text)
  }
}

function describe({ finished, total, secondsLeft }: EvaluationProgress): string {
  const left = secondsLeft === undefined ? '' : `, ${duration(secondsLeft)} left`
  return `${finished} of ${total} pieces of work${left}`
}

/** Roughly, as people say it: `40 s`, `5 min`, `2 h 10 min`. */
export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 120) return `${minutes} min`
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
