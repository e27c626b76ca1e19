import { PercentBar } from './percent-bar.ts'
import type { Terminal } from './terminal.ts'

/** A bar, or, where none can be drawn, a line now and then. */
export class ProgressLines {
  readonly #bar: PercentBar
  readonly #terminal: Terminal
  readonly #everyMs: number
  #lineAtMs = performance.now()

  /** @param everyMs how often a line, where lines take the bar's place. */
  constructor(title: string, terminal: Terminal, everyMs: number) {
    this.#bar = new PercentBar(title)
    this.#terminal = terminal
    this.#everyMs = everyMs
  }

  /** @param line what to say where there is no bar. */
  show(percent: number, text: string, line: string = text): void {
    this.#bar.show(percent, text)
    if (this.#bar.isDrawn || performance.now() - this.#lineAtMs < this.#everyMs) return
    this.#lineAtMs = performance.now()
    this.#terminal.note(line)
  }

  close(text: string): void {
    this.#bar.close(text)
  }
}
