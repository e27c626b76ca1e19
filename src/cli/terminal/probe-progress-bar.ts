import { progress } from '@clack/prompts'
import type { ProbeProgress } from '../../probing/probe-tally.ts'
import { duration } from './evaluation-progress-bar.ts'
import type { Terminal } from './terminal.ts'

/** Where no bar can be drawn, a line this often says how far it is. */
const lineEveryMs = 10_000

/** A bar with live counts on standard error; plain lines now and then where that is no terminal. */
export class ProbeProgressBar {
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

  show(now: ProbeProgress): void {
    const reached = Math.floor((100 * now.done) / Math.max(1, now.total))
    const text = describeProgress(now)
    if (this.#bar !== undefined) {
      this.#bar.advance(Math.max(0, reached - this.#drawn), text)
      this.#drawn = Math.max(this.#drawn, reached)
    } else if (performance.now() - this.#lineAtMs >= lineEveryMs) {
      this.#lineAtMs = performance.now()
      this.#terminal.note(text)
    }
  }

  close(text: string): void {
    this.#bar?.stop(text)
  }
}

export function describeProgress({ done, total, failed, costUsd, meanQuality, msLeft }: ProbeProgress): string {
  const quality = Number.isNaN(meanQuality) ? '' : `, quality ${meanQuality.toFixed(3)}`
  const failures = failed === 0 ? '' : `, ${failed} failed`
  const left = msLeft === undefined || msLeft <= 0 ? '' : `, ${duration(msLeft / 1000)} left`
  return `${done} of ${total} probes${failures}${quality}, $${costUsd.toPrecision(3)}${left}`
}
