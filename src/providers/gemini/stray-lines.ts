/** An error object is smaller. */
const maxChars = 64 * 1024
/** Longer than the name of any field with its colon. */
const tellingChars = 6
const field = /^(?::|(?:data|event|id|retry)(?::|$))/

/**
 * Lines of an event stream that belong to no event: what a server, or one on the way to it, writes when it stops to speak
 * in events. Readers of event streams skip them. The same text however the stream is cut; linear, bounded memory.
 */
export class StrayLines {
  #kept = ''
  #line = ''
  #skipping = false

  /** What was kept, the last line included though it may go on. */
  get text(): string {
    return `${this.#kept}${field.test(this.#line) ? '' : this.#line}`
  }

  feed(text: string): void {
    const lines = text.split(/[\r\n]/)
    for (const [index, piece] of lines.entries()) {
      if (index > 0) this.#endLine()
      this.#add(piece)
    }
  }

  #add(piece: string): void {
    if (this.#skipping) return
    this.#line += piece
    const known = this.#line.length >= tellingChars && field.test(this.#line)
    if (!known && this.#kept.length + this.#line.length <= maxChars) return
    this.#skipping = true
    this.#line = ''
  }

  #endLine(): void {
    if (this.#line !== '' && !field.test(this.#line)) this.#kept += `${this.#line}\n`
    this.#line = ''
    this.#skipping = false
  }
}
