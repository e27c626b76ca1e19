/** Markup that is safe to write out: everything inserted into it was escaped. */
export class Html {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }

  toString(): string {
    return this.text
  }
}

/** What {@link html} inserts: markup as it is, text and numbers escaped, lists joined, undefined as nothing. */
export type HtmlPart = Html | string | number | undefined | readonly HtmlPart[]

/**
 * Template tag for markup. Every inserted string is escaped for element content and for quoted attributes, as names of
 * LLMs, policies and prompts' sources are data.
 */
export function html(strings: TemplateStringsArray, ...parts: readonly HtmlPart[]): Html {
  let text = strings[0]!
  parts.forEach((part, index) => {
    text += partText(part) + strings[index + 1]!
  })
  return new Html(text)
}

/** Text for element content and quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

function partText(part: HtmlPart): string {
  if (part === undefined) return ''
  if (part instanceof Html) return part.text
  if (typeof part === 'string' || typeof part === 'number') return escapeHtml(String(part))
  return part.map(partText).join('')
}

/** Text in which `names` stand between backticks, as markup with those in `<code>`. */
export function htmlWithNames(text: string): Html {
  const pieces = text.split('`')
  if (pieces.length % 2 === 0) return html`${text}`
  return html`${pieces.map((piece, index) => (index % 2 === 0 ? piece : html`<code>${piece}</code>`))}`
}
