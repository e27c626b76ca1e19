import { mean, standardError } from './rank-correlation.ts'

/** What a pool came to on the tested prompts, in one order of requests. */
export interface Streamed {
  /** Who joined, or was held out. */
  readonly llm: string
  /** Which pool: it joined by so many probes, everybody was fitted, or it is not there. */
  readonly pool: number | 'fitted on all' | 'without'
  /** At which its share is largest when everybody is fitted. */
  readonly lambda: number
  /** That share, before requests. */
  readonly ideal: number
  /** After 0, the first and all requests: its share of the tested prompts, and the pool's utility a prompt. */
  readonly looks: readonly { readonly share: number; readonly utility: number }[]
}

/** Shares and utilities after 0, the first and all requests. */
export function printStream({ llm, pool, lambda, ideal, looks }: Streamed, order: number): void {
  const figures = looks.map(({ share, utility }) => `${share.toFixed(3)} ${utility.toFixed(4)}`)
  console.log(
    `${llm} ${pool} λ=${lambda} order ${order}: ideal share ${ideal.toFixed(3)}; share and utility ${figures.join(', ')}`,
  )
}

/**
 * Means over LLMs, of each over its orders, ± the standard error over LLMs: share divided by the ideal one, at most 1; utility beyond that of the pool
 * without the LLM, and against that of the pool fitted on all, after the same requests.
 */
export function printTraffic(all: readonly Streamed[]): void {
  const llms = [...new Set(all.map(({ llm }) => llm))]
  const figure = (pool: Streamed['pool'], of: (one: Streamed) => number) =>
    llms.map((llm) => mean(all.filter((one) => one.llm === llm && one.pool === pool).map(of)))
  for (const pool of new Set(all.map((one) => one.pool))) {
    for (const look of [0, 1, 2]) {
      const utility = (of: Streamed['pool']) => figure(of, ({ looks }) => looks[look]!.utility)
      const [own, without, fitted] = [utility(pool), utility('without'), utility('fitted on all')]
      const shares = figure(pool, ({ looks, ideal }) => Math.min(1, looks[look]!.share / ideal))
      const gain = own.map((one, i) => one - without[i]!)
      const behind = own.map((one, i) => one - fitted[i]!)
      console.log(
        `${pool}, ${llms.length} LLMs, look ${look}: share of ideal ${withError(shares)}, utility ${mean(own).toFixed(4)}, beyond the pool without ${withError(gain)}, against fitted on all ${withError(behind)}`,
      )
    }
  }
}

export function withError(values: readonly number[]): string {
  return `${mean(values).toFixed(4)} ± ${standardError(values).toFixed(4)}`
}
