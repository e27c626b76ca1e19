/** How LLMs announce what they settle on; the last announcement counts. White space is bounded: an LLM that writes lines without end would cost quadratic time. */
const announcement =
  /(?:\b(?:final|correct|best|right)\s{1,9}(?:answer|option|choice)|\banswer|\bresult)\s{0,9}(?:\*\*|__)?\s{0,9}(?:(?:is|are|would be|will be|=|:|：)\s{0,9})+(?:\*\*|__)?\s{0,9}(?:that\b|therefore\b)?|答案\s{0,9}[是为：:]\s{0,9}|^[ \t]*####\s{0,9}/gimu

/** Without what some open models leave of their thinking in the answer. */
export function withoutThinking(text: string): string {
  const end = text.lastIndexOf('</think>')
  return end === -1 ? text : text.slice(end + '</think>'.length)
}

/** What stands in the last `\boxed{…}` of LaTeX, braces balanced; undefined without one. */
export function boxedAnswer(text: string): string | undefined {
  const match = [...text.matchAll(/\\(?:boxed|fbox)\s*\{/g)].at(-1)
  if (match === undefined) return undefined
  const start = match.index + match[0].length
  let depth = 1
  for (let i = start; i < text.length; i++) {
    if (text[i] === '{') depth++
    else if (text[i] === '}' && --depth === 0) return text.slice(start, i)
  }
  return undefined
}

/**
 * What follows the last "the answer is", "Answer:", "####"…, to the end of its line, or the next line that says something where its own
 * says no more; undefined where nothing is announced.
 */
export function announcedAnswer(text: string): string | undefined {
  const match = [...text.matchAll(announcement)].at(-1)
  if (match === undefined) return undefined
  return text
    .slice(match.index + match[0].length)
    .split('\n')
    .find((line) => /[\p{L}\p{N}]/u.test(line))
    ?.trim()
}

/** Each in its turn: what is boxed, what is announced; undefined: the answer has to be found in the whole. */
export function finalAnswer(text: string): string | undefined {
  return boxedAnswer(text) ?? announcedAnswer(text)
}
