import { progress } from '@clack/prompts'
import { counted } from '../counted.ts'

/** How far a replay has read, by the times of the decisions; on standard error, silent where that is no terminal. */
export class ReplayProgressBar {
  readonly #bar: ReturnType<typeof progress> | undefined
  readonly #untilMs: number
  #sinceMs: number | undefined
  #drawn = 0

  constructor(untilMs: number) {
    this.#untilMs = untilMs
    if (!process.stderr.isTTY) return
    this.#bar = progress({ max: 100, style: 'block', output: process.stderr })
    this.#bar.start('reading the log')
  }

  show(read: number, atMs: number): void {
    if (this.#bar === undefined) return
    this.#sinceMs ??= atMs
    const reached = Math.min(
      99,
      Math.floor((100 * (atMs - this.#sinceMs)) / Math.max(1, this.#untilMs - this.#sinceMs)),
    )
    this.#bar.advance(Math.max(0, reached - this.#drawn), `reading the log: ${counted(read, 'decision')}`)
    this.#drawn = Math.max(this.#drawn, reached)
  }

  close(ended: boolean): void {
    this.#bar?.stop(ended ? 'read the log' : 'stopped')
  }
}
