/** The first fenced block of a Markdown text whose language is one of these, or is not said; else the first of any. Undefined: there is none. */
export function fencedBlock(text: string, languages: readonly string[]): string | undefined {
  // Each run is taken whole: a line of marks without end would cost quadratic time.
  const opening = /^[ \t]*(`{3,}(?!`)|~{3,}(?!~))[ \t]*(?![ \t])([^\s`]*)(?![^\s`])[^\n]*\n/
  const blocks = [...text.matchAll(new RegExp(`${opening.source}([\\s\\S]*?)(?:^[ \\t]*\\1|(?![\\s\\S]))`, 'gm'))]
  const named = blocks.find(([, , language = '']) => languages.includes(language.toLowerCase()))
  return (named ?? blocks.find(([, , language]) => language === '') ?? blocks[0])?.[3]
}
