import { progress } from '@clack/prompts'

/** How much of a file is read, on standard error; silent where that is no terminal. */
export class CountProgressBar {
  readonly #bar: ReturnType<typeof progress> | undefined
  readonly #total: number
  #drawn = 0

  /** @param total what `done` reaches; 0: not known. */
  constructor(title: string, total: number) {
    this.#total = total
    if (!process.stderr.isTTY) return
    this.#bar = progress({ max: 100, style: 'block', output: process.stderr })
    this.#bar.start(title)
  }

  show(done: number, text: string): void {
    const reached = this.#total === 0 ? 0 : Math.min(99, Math.floor((100 * done) / this.#total))
    this.#bar?.advance(Math.max(0, reached - this.#drawn), text)
    this.#drawn = Math.max(this.#drawn, reached)
  }

  close(text: string): void {
    this.#bar?.stop(text)
  }
}
