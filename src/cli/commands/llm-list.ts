import type { TokenPrice } from '../../routing/registry/token-price.ts'
import type { LlmsSession } from '../open-llms.ts'
import { type Cell, renderTable } from '../terminal/table.ts'

const columns = [
  { title: 'id' },
  { title: 'provider' },
  { title: 'in / out, $/M', align: 'right' },
  { title: 'from' },
  { title: 'quality', align: 'right' },
  { title: 'known by' },
  { title: 'probed' },
  { title: 'state' },
] as const

/** Prints the pool: the paused LLMs too, and those that were added and cannot serve. */
export async function listLlms({ pool, desk, terminal }: LlmsSession): Promise<void> {
  const runs = await desk.lastRuns()
  const members = pool.members()
  const rows = members.map(({ llm, source, paused, isRepriced }): Cell[] => {
    const known = desk.knowledgeOf(llm.id)
    const run = runs.get(llm.id)
    const provider = llm.provider.split('/', 1)[0]!
    return [
      { text: llm.id, tone: 'strong' },
      llm.upstreamModel === llm.id ? provider : `${provider}: ${llm.upstreamModel}`,
      `${priceText(llm.price)}${isRepriced ? ' *' : ''}`,
      source,
      known === undefined ? '–' : known.quality.toFixed(3),
      known === undefined ? { text: 'its price', tone: 'dim' } : `${known.source}, ${known.labels} labels`,
      run === undefined ? { text: 'never', tone: 'dim' } : run.status,
      paused ? { text: 'paused', tone: 'warning' } : { text: 'serves', tone: 'good' },
    ]
  })
  terminal.out(renderTable(columns, rows, terminal.colours))
  const notes = [
    members.some(({ llm }) => llm.price !== undefined) ? ['$/M: USD per million tokens'] : [],
    members.some(({ isRepriced }) => isRepriced) ? ['*: in place of the list price'] : [],
  ].flat()
  if (notes.length > 0) terminal.note(notes.join('; '))
  for (const { id, reason } of pool.broken()) terminal.note(`${id} was added and cannot serve: ${reason}`)
}

/** Of input and output, in USD per million tokens. */
export function priceText(price: TokenPrice | undefined): string {
  return price === undefined ? 'unknown' : `${price.inputPerMillionTokensUsd} / ${price.outputPerMillionTokensUsd}`
}
