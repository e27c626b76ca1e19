import { type OutcomeData, type OutcomeLlm, unknownCells } from '../../outcomes/outcome-data.ts'

/** When {@link declaredSpeeds} was written down. */
export const declaredSpeedsDate = '2026-11-22'

/** First-token time and speed of one class of LLMs. */
export interface DeclaredSpeed {
  readonly timeToFirstTokenMs: number
  readonly tokensPerSecond: number
}

/**
 * SIMULATED: round figures of our own, no measurements. They order LLMs as everyday experience with hosted ones does:
 * small ones answer faster than large ones, cheap ones faster than dear ones. A class is taken by the number of parameters where
 * the set tells it, else by output price in USD per million tokens.
 */
export const declaredSpeeds = {
  byBillionParameters: [
    { upTo: 10, timeToFirstTokenMs: 300, tokensPerSecond: 100 },
    { upTo: 40, timeToFirstTokenMs: 400, tokensPerSecond: 60 },
    { upTo: Number.POSITIVE_INFINITY, timeToFirstTokenMs: 500, tokensPerSecond: 40 },
  ],
  byOutputPrice: [
    { upTo: 1, timeToFirstTokenMs: 400, tokensPerSecond: 80 },
    { upTo: 5, timeToFirstTokenMs: 500, tokensPerSecond: 60 },
    { upTo: 20, timeToFirstTokenMs: 700, tokensPerSecond: 40 },
    { upTo: Number.POSITIVE_INFINITY, timeToFirstTokenMs: 900, tokensPerSecond: 25 },
  ],
} as const

/** The declared class of an LLM. One of unknown size and price is taken for a dear one. */
export function declaredSpeed(llm: OutcomeLlm): DeclaredSpeed {
  const billions = billionParameters(llm.extra.params)
  if (billions !== undefined) return pick(declaredSpeeds.byBillionParameters, billions)
  return pick(declaredSpeeds.byOutputPrice, llm.price?.outputPerMillionTokensUsd ?? Number.POSITIVE_INFINITY)
}

/** `70B`, or `8x7B MoE (46.7B)`, where the total counts. */
function billionParameters(params: unknown): number | undefined {
  if (typeof params !== 'string') return undefined
  const figures = [...params.matchAll(/(?<![x\d.])(\d+(?:\.\d+)?)B\b/g)].map((match) => Number(match[1]))
  return figures.length === 0 ? undefined : Math.max(...figures)
}

function pick<T extends { readonly upTo: number }>(classes: readonly T[], value: number): T {
  return classes.find(({ upTo }) => value <= upTo) ?? classes.at(-1)!
}

/** How long each answer takes an LLM that is idle, and where the figures come from. */
export interface ServiceTimes {
  /** t_init + length/speed, ms; row-major, prompts × LLMs, known everywhere. */
  readonly serviceMs: Float64Array
  /** t_init, ms; row-major, NaN where latency was measured as a whole. */
  readonly firstTokenMs: Float64Array
  /** Length of each answer, tokens; row-major, NaN where latency was measured and length is not known. */
  readonly outputTokens: Float64Array
  /** Cells by source of their time. */
  readonly measured: number
  readonly simulated: number
  /** Simulated cells whose length was derived from cost and price, or is the mean of the LLM's others. */
  readonly derivedLengths: number
}

/** Where neither a length nor a bill is known. */
const assumedTokens = 300

/**
 * Service times of every outcome: the measured latency where the set has it, else the declared first-token time and speed
 * with the recorded length of the answer; a length that was not recorded is derived from the bill, (cost − input)/output
 * price, with a prompt of unknown size at 4 characters a token.
 */
export function serviceTimes(data: OutcomeData): ServiceTimes {
  const width = data.llms.length
  const serviceMs = new Float64Array(data.quality.length)
  const firstTokenMs = unknownCells(data.quality.length)
  const outputTokens = data.outputTokens.slice()
  let measured = 0
  let derivedLengths = 0
  data.llms.forEach((llm, column) => {
    const speed = declaredSpeed(llm)
    for (let row = 0; row < data.prompts.length; row++) {
      const cell = row * width + column
      if (Number.isNaN(outputTokens[cell]!)) outputTokens[cell] = derivedTokens(data, row, column)
      const latencyMs = data.latencyMs[cell]!
      if (!Number.isNaN(latencyMs)) {
        serviceMs[cell] = latencyMs
        measured++
        continue
      }
      if (Number.isNaN(data.outputTokens[cell]!)) derivedLengths++
      const tokens = Number.isNaN(outputTokens[cell]!) ? assumedTokens : outputTokens[cell]!
      firstTokenMs[cell] = speed.timeToFirstTokenMs
      serviceMs[cell] = speed.timeToFirstTokenMs + (1000 * tokens) / speed.tokensPerSecond
    }
  })
  return { serviceMs, firstTokenMs, outputTokens, measured, simulated: serviceMs.length - measured, derivedLengths }
}

const charactersPerToken = 4

function derivedTokens(data: OutcomeData, row: number, column: number): number {
  const { price } = data.llms[column]!
  const cell = row * data.llms.length + column
  if (price === undefined || !(price.outputPerMillionTokensUsd > 0)) return Number.NaN
  const recorded = data.inputTokens[cell]!
  const inputTokens = Number.isNaN(recorded) ? data.prompts[row]!.text.length / charactersPerToken : recorded
  const outputUsd = data.costUsd[cell]! - (inputTokens * price.inputPerMillionTokensUsd) / 1e6
  return Math.max(0, (outputUsd * 1e6) / price.outputPerMillionTokensUsd)
}
