import { progress } from '@clack/prompts'

/** Columns that the text behind a bar is left: the longest one of ours. */
const textColumns = 62
const longestBar = 40
const shortestBar = 10

/** A bar from 0 to 100 % on standard error, which never goes back; nothing where that is no terminal. */
export class PercentBar {
  readonly #bar: ReturnType<typeof progress> | undefined
  #drawn = 0
  #text: string

  constructor(title: string) {
    this.#text = title
    if (!process.stderr.isTTY) return
    const size = Math.max(shortestBar, Math.min(longestBar, (process.stderr.columns || 80) - textColumns))
    this.#bar = progress({ max: 100, size, style: 'block', output: process.stderr })
    this.#bar.start(title)
  }

  /** False: nobody sees it, and what is worth saying is said in lines. */
  get isDrawn(): boolean {
    return this.#bar !== undefined
  }

  /** @param percent 0 to 100; the part behind the point is dropped. */
  show(percent: number, text: string): void {
    const reached = Math.floor(percent)
    if (reached <= this.#drawn && text === this.#text) return
    this.#bar?.advance(Math.max(0, reached - this.#drawn), text)
    this.#drawn = Math.max(this.#drawn, reached)
    this.#text = text
  }

  close(text: string): void {
    this.#bar?.stop(text)
  }
}
