import { deduplicate } from '../../outcomes/deduplicate.ts'
import { type OutcomeData, selectRows } from '../../outcomes/outcome-data.ts'
import { promptGroups } from '../../outcomes/prompt-groups.ts'
import { SeededRandom, shuffle } from '../../routing/numeric/random-source.ts'
import { matchNames, parseModelName } from '../../routing/starter/model-name.ts'

/** An LLM over all sets that measured it. */
export interface PooledLlm {
  readonly name: string
  /** USD per million output tokens, mean over its deployments; NaN where unknown. */
  readonly outputPrice: number
}

/** Several sets as one: prompts one under another, deployments of one model merged. */
export interface PooledData {
  readonly llms: readonly PooledLlm[]
  readonly texts: readonly string[]
  /** The set of each prompt, by index. */
  readonly setOf: Int32Array
  /** The task of each prompt, by index: what its set calls its source. */
  readonly taskOf: Int32Array
  /** Row-major, texts × llms; NaN is unknown. */
  readonly quality: Float64Array
  readonly outputTokens: Float64Array
}

/** Prompts taken of a set at most: the largest must not decide what the projection and the clusters are about. */
const mostPromptsPerSet = 4000

/** The sets without the prompts that are equal or nearly equal to one of `held` (mathematics §10). */
export function withoutNear(sets: readonly OutcomeData[], held: OutcomeData): OutcomeData[] {
  const { groupOf } = promptGroups([held, ...sets].flatMap(({ prompts }) => prompts))
  const taken = new Set(groupOf.subarray(0, held.prompts.length))
  let start = held.prompts.length
  return sets.map((set) => {
    const own = groupOf.subarray(start, start + set.prompts.length)
    start += set.prompts.length
    return selectRows(
      set,
      set.prompts.flatMap((_, row) => (taken.has(own[row]!) ? [] : [row])),
    )
  })
}

/** Joins sets of outcomes, at most 4,000 prompts of each drawn by the seed. Same sets in another order: another result. */
export function poolSets(sets: readonly OutcomeData[], seed: number): PooledData {
  const parts = sets.map((set) => sample(deduplicate(set), seed))
  const { llms, columns } = mergeLlms(parts)
  const texts = parts.flatMap((part) => part.prompts.map(({ text }) => text))
  const tasks = parts.flatMap((part, set) => part.prompts.map(({ source }) => `${set} ${source}`))
  const indexOf = new Map([...new Set(tasks)].map((task, index) => [task, index]))
  const taskOf = Int32Array.from(tasks, (task) => indexOf.get(task)!)
  const width = llms.length
  const quality = new Float64Array(texts.length * width).fill(Number.NaN)
  const outputTokens = new Float64Array(texts.length * width).fill(Number.NaN)
  const setOf = new Int32Array(texts.length)
  let row = 0
  parts.forEach((part, set) => {
    const from = part.llms.length
    for (let local = 0; local < part.prompts.length; local++, row++) {
      setOf[row] = set
      part.llms.forEach((_, llm) => {
        // Of two deployments in one set the first that knows the cell.
        const to = row * width + columns[set]![llm]!
        if (Number.isNaN(quality[to]!)) quality[to] = part.quality[local * from + llm]!
        if (Number.isNaN(outputTokens[to]!)) outputTokens[to] = answerTokens(part, local, llm)
      })
    }
  })
  return { llms, texts, setOf, taskOf, quality, outputTokens }
}

function sample(data: OutcomeData, seed: number): OutcomeData {
  const order = data.prompts.map((_, row) => row)
  shuffle(order, new SeededRandom(seed))
  return selectRows(data, order.slice(0, mostPromptsPerSet))
}

/** As recorded; else what the bill leaves after the prompt, reasoning included; NaN where the set says that some is hidden. */
function answerTokens(data: OutcomeData, row: number, llm: number): number {
  const { price, extra } = data.llms[llm]!
  if (extra.hiddenReasoning === true) return Number.NaN
  const cell = row * data.llms.length + llm
  const recorded = data.outputTokens[cell]!
  if (!Number.isNaN(recorded) || price === undefined || !(price.outputPerMillionTokensUsd > 0)) return recorded
  const promptTokens = data.prompts[row]!.text.length / 4
  const answerUsd = data.costUsd[cell]! - (promptTokens * price.inputPerMillionTokensUsd) / 1e6
  return Math.max(1, (answerUsd * 1e6) / price.outputPerMillionTokensUsd)
}

function mergeLlms(parts: readonly OutcomeData[]): {
  readonly llms: PooledLlm[]
  readonly columns: readonly Int32Array[]
} {
  const merged: { readonly name: string; readonly prices: number[] }[] = []
  const columns = parts.map((part) =>
    Int32Array.from(part.llms, ({ id, price }) => {
      const name = parseModelName(id)
      let at = merged.findIndex((one) => isOneModel(parseModelName(one.name), name))
      if (at < 0) at = merged.push({ name: id, prices: [] }) - 1
      if (price !== undefined) merged[at]!.prices.push(price.outputPerMillionTokensUsd)
      return at
    }),
  )
  const llms = merged.map(({ name, prices }) => ({
    name,
    outputPrice: prices.length === 0 ? Number.NaN : prices.reduce((sum, price) => sum + price, 0) / prices.length,
  }))
  return { llms, columns }
}

function isOneModel(a: ReturnType<typeof parseModelName>, b: ReturnType<typeof parseModelName>): boolean {
  return a.date === b.date && matchNames(a, b) === 'same'
}
