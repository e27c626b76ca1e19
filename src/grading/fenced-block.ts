/** The first fenced block of a Markdown text whose language is one of these, or is not said; else the first of any. Undefined: there is none. */
export function fencedBlock(text: string, languages: readonly string[]): string | undefined {
  const blocks = [...text.matchAll(/^[ \t]*(`{3,}|~{3,})[ \t]*([^\s`]*)[^\n]*\n([\s\S]*?)(?:^[ \t]*\1|(?![\s\S]))/gm)]
  const named = blocks.find(([, , language = '']) => languages.includes(language.toLowerCase()))
  return (named ?? blocks.find(([, , language]) => language === '') ?? blocks[0])?.[3]
}
