import { progress } from '@clack/prompts'
import { displayWidth } from './table.ts'

/** Columns that the text behind a bar is left: the longest one of ours. */
const textColumns = 62
const longestBar = 40
const shortestBar = 10
/** The turning sign before a bar, the space after it, the dots that grow behind the text, and the last column, at which some terminals break the line. */
const otherColumns = 8

/** A bar from 0 to 100 % on standard error, which never goes back; nothing where that is no terminal. */
export class PercentBar {
  readonly #bar: ReturnType<typeof progress> | undefined
  readonly #size: number
  #drawn = 0
  #text: string

  constructor(title: string) {
    this.#text = title
    this.#size = Math.max(shortestBar, Math.min(longestBar, terminalColumns() - textColumns - otherColumns))
    if (!process.stderr.isTTY) return
    this.#bar = progress({ max: 100, size: this.#size, style: 'block', output: process.stderr })
    this.#bar.start(this.#fitted(title))
  }

  /** False: nobody sees it, and what is worth saying is said in lines. */
  get isDrawn(): boolean {
    return this.#bar !== undefined
  }

  /** @param percent 0 to 100; the part behind the point is dropped. */
  show(percent: number, text: string): void {
    const reached = Math.floor(percent)
    if (reached <= this.#drawn && text === this.#text) return
    this.#bar?.advance(Math.max(0, reached - this.#drawn), this.#fitted(text))
    this.#drawn = Math.max(this.#drawn, reached)
    this.#text = text
  }

  close(text: string): void {
    this.#bar?.stop(text)
  }

  /** In one line: of two that are drawn as one each step would leave a rest behind. */
  #fitted(text: string): string {
    return shortened(text, terminalColumns() - this.#size - otherColumns)
  }
}

function terminalColumns(): number {
  return process.stderr.columns || 80
}

/** Its beginning, where it is wider than so many columns. */
export function shortened(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text
  let kept = ''
  for (const character of text) {
    if (displayWidth(kept + character) > columns - 1) break
    kept += character
  }
  return `${kept.trimEnd()}…`
}
