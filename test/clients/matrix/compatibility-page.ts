import { type FamilyName, providerFamilies } from '../provider-families.ts'
import { type Cell, cells, type Dialect, dialectTitles } from './cells.ts'

const legend = `| cell | means |
| --- | --- |
| ✓ | works, as the client expects it |
| left out | the answer comes without it, and its header \`x-pointsman-dropped-params\` names what was left out |
| untold | works, but the API does not tell it: what it thought, or how many tokens it took |
| 400 | refused before any upstream is called; the message names the parameter and the API. Where no LLM was named, it goes to an LLM whose API can take it |`

const introduction = `# Compatibility

Written by \`npm run compatibility\` from [the table](../test/clients/matrix/cells.ts) that the tests in \`test/clients\` hold true; not edited by hand.

Rows are what an official client does, columns the API of the provider whose LLM answers. Every cell is one test: the client as its users
install it, the gateway as they run it, and a server that is as strict as the provider. What happens to each single parameter is in
[parameters.md](parameters.md); the clients have [pages of their own](clients/README.md).

${legend}`

/** `docs/compatibility.md`, whole. */
export function compatibilityPage(): string {
  const sections = Object.entries(cells).map(([dialect, rows]) => {
    const title = dialectTitles[dialect as Dialect]
    const head = `| | ${providerFamilies.map((family) => family.title).join(' | ')} |`
    const line = `| --- |${providerFamilies.map(() => ' :-: |').join('')}`
    const body = Object.entries(rows).map(([feature, row]) => rowOf(feature, row))
    return `## ${title}\n\n${[head, line, ...body].join('\n')}`
  })
  return `${[introduction, ...sections].join('\n\n')}\n`
}

function rowOf(feature: string, row: { readonly [family in FamilyName]?: Cell }): string {
  return `| ${feature} | ${providerFamilies.map(({ name }) => wordOf(row[name])).join(' | ')} |`
}

function wordOf(cell: Cell | undefined): string {
  if (cell === undefined) return '✓'
  if (cell === 'dropped') return 'left out'
  if (cell === 'hidden') return 'untold'
  return cell === 'refused' ? '400' : `${cell.status}: ${cell.says}`
}
