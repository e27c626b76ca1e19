import { PercentBar } from './percent-bar.ts'

/** How much of a file is read; silent where no bar can be drawn. */
export class CountProgressBar {
  readonly #bar: PercentBar
  readonly #total: number

  /** @param total what `done` reaches; 0: not known. */
  constructor(title: string, total: number) {
    this.#total = total
    this.#bar = new PercentBar(title)
  }

  show(done: number, text: string): void {
    this.#bar.show(this.#total === 0 ? 0 : Math.min(99, (100 * done) / this.#total), text)
  }

  close(text: string): void {
    this.#bar.close(text)
  }
}
