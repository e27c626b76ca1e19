import { counted } from '../counted.ts'
import { PercentBar } from './percent-bar.ts'

/** How far a replay has read, by the times of the decisions; silent where no bar can be drawn. */
export class ReplayProgressBar {
  readonly #bar = new PercentBar('reading the log')
  readonly #untilMs: number
  #sinceMs: number | undefined

  constructor(untilMs: number) {
    this.#untilMs = untilMs
  }

  show(read: number, atMs: number): void {
    this.#sinceMs ??= atMs
    const share = (atMs - this.#sinceMs) / Math.max(1, this.#untilMs - this.#sinceMs)
    this.#bar.show(Math.min(99, 100 * share), `reading the log: ${counted(read, 'decision')}`)
  }

  close(ended: boolean): void {
    this.#bar.close(ended ? 'read the log' : 'stopped')
  }
}
