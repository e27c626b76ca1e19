import type { ProbeProgress } from '../../probing/probe-tally.ts'
import { duration } from './duration.ts'
import { ProgressLines } from './progress-lines.ts'
import type { Terminal } from './terminal.ts'

const lineEveryMs = 10_000

/** A bar with live counts, or lines. */
export class ProbeProgressBar {
  readonly #progress: ProgressLines

  constructor(title: string, terminal: Terminal) {
    this.#progress = new ProgressLines(title, terminal, lineEveryMs)
  }

  show(now: ProbeProgress): void {
    this.#progress.show((100 * now.done) / Math.max(1, now.total), describe(now))
  }

  close(text: string): void {
    this.#progress.close(text)
  }
}

function describe({ done, total, failed, costUsd, meanQuality, msLeft }: ProbeProgress): string {
  const quality = Number.isNaN(meanQuality) ? '' : `, quality ${meanQuality.toFixed(3)}`
  const failures = failed === 0 ? '' : `, ${failed} failed`
  const left = msLeft === undefined || msLeft <= 0 ? '' : `, ${duration(msLeft / 1000)} left`
  return `${done} of ${total} probes${failures}${quality}, $${costUsd.toPrecision(3)}${left}`
}
