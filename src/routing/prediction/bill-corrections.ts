import type { SnapshotData } from '../policy-store.ts'
import type { LlmId } from '../registry/llm.ts'
import { requireSnapshot, stringsField, vectorField } from './snapshot-fields.ts'

/** Expected answer length of an LLM nothing is known of, tokens: the one C_ref is defined by (mathematics §5). */
export const priorOutputTokens = 300

/**
 * 90 % point over mean of answer lengths where no spread was fitted. Within one LLM its median over LLMs is 1.70
 * (zeroeval), 1.79 (alpaca-eval-2) and 2.01 (bfcl-2024-08).
 */
export const p90ToMean = 2

/** Answers the prior length counts for. */
const priorAnswers = 4

/**
 * η: what a change of price or habit leaves uncorrected shrinks by the factor e with every 1/η = 50 answers of that LLM.
 * Bills that scatter around the truth with a relative deviation of .8 leave the factor a deviation of .8·√(η/2) = .08.
 */
const learningRate = 0.02

/** One bill counts for between 1/4 and 4 times its prediction, and so does the factor: beyond that a budget should see it. */
const widestFactor = 4

/** An answer that got this share of the caller's cap was probably ended by it and says nothing of its natural length. */
const cappedShare = 0.95

/**
 * Answers of an LLM that was never fitted until its mean length serves as a base. Calls sent before were predicted by
 * the guess of {@link priorOutputTokens}: with 200 of them under way their bills would drive the factor to .26 or 4 for
 * an LLM of 50 or 1500 tokens, just when the length has been learned and nothing is left to correct.
 */
export const answersUntilLengthKnown = 20

/** What the bills have taught about one LLM. */
export interface BillCorrection {
  /** Multiplies the predicted bill; 1 at first. */
  readonly factor: number
  /** Mean length of the answers that no cap ended, for LLMs without a fitted length. */
  readonly outputTokens: number
  readonly outputTokensP90: number
  /** Answers so far, capped ones and those of unknown length too. */
  readonly observed: number
}

interface MutableCorrection {
  factor: number
  outputTokens: number
  outputTokensP90: number
  /** Those behind the mean length. */
  answers: number
  observed: number
}

/**
 * Slow, bounded corrections per LLM from what was really billed.
 *
 *     factor ← factor + η·(clamp(billed/base, 1/4, 4) − factor)
 *
 * The base is the bill that was predicted without the factor: however many answers are under way, and in whatever order
 * their bills come, no bill is compared with a factor that others have since moved. A run of bills thus gives the same
 * factor live and replayed from the log.
 *
 * The clamp keeps one absurd bill from moving the factor by more than η·4 = .08, and costs a little: of log-normal bills
 * that are right on average it loses 2 % at a deviation σ = .8 of their logarithm (what answer lengths of one LLM come to
 * at most, see {@link p90ToMean}), 5 % at σ = 1 and 18 % at σ = 1.5.
 *
 * Lengths that end just below a caller's cap are left out, those well below it count: where all callers set caps that
 * most answers would exceed, the mean is that of the short ones.
 */
export class BillCorrections {
  readonly #byLlm = new Map<LlmId, MutableCorrection>()
  readonly #none: BillCorrection = newCorrection()

  /** @param lengths what is known of answers before any came, tokens; {@link priorOutputTokens} for all others. */
  constructor(lengths: Iterable<readonly [LlmId, number]> = []) {
    for (const [llm, tokens] of lengths) {
      const outputTokensP90 = p90ToMean * tokens
      this.#byLlm.set(llm, { ...newCorrection(), outputTokens: tokens, outputTokensP90 })
    }
  }

  /** Forgets an LLM and begins with the mean length of so many answers, which the prior counts beside, tokens. */
  begin(llm: LlmId, meanTokens: number, answers: number): void {
    const outputTokens = (answers * meanTokens + priorAnswers * priorOutputTokens) / (answers + priorAnswers)
    const outputTokensP90 = p90ToMean * outputTokens
    this.#byLlm.set(llm, { ...newCorrection(), outputTokens, outputTokensP90, answers, observed: answers })
  }

  /** Live: it changes with {@link observe}. */
  of(llm: LlmId): BillCorrection {
    return this.#byLlm.get(llm) ?? this.#none
  }

  /**
   * @param baseUsd the bill predicted without the factor; NaN or 0 teaches the length only, as does a bill of undefined.
   * @param outputTokens undefined teaches the factor only.
   * @param capTokens the caller's cap on the length, if any. Numbers that are negative or not finite are as undefined.
   */
  observe(
    llm: LlmId,
    baseUsd: number,
    billedUsd: number | undefined,
    outputTokens: number | undefined,
    capTokens: number | undefined,
  ): void {
    const state = this.#byLlm.get(llm) ?? newCorrection()
    this.#byLlm.set(llm, state)
    state.observed++
    if (isAmount(baseUsd) && baseUsd > 0 && isAmount(billedUsd)) {
      const ratio = Math.min(widestFactor, Math.max(1 / widestFactor, billedUsd / baseUsd))
      state.factor += learningRate * (ratio - state.factor)
    }
    const capped = capTokens !== undefined && outputTokens !== undefined && outputTokens >= cappedShare * capTokens
    if (isAmount(outputTokens) && !capped) {
      state.answers++
      const rate = Math.max(learningRate, 1 / (state.answers + priorAnswers))
      state.outputTokens += rate * (outputTokens - state.outputTokens)
      state.outputTokensP90 = p90ToMean * state.outputTokens
    }
  }

  /** Its bills were seen to be `factor` times what they were, for good: what was learned slowly is moved at once, within its bounds. */
  rescale(llm: LlmId, factor: number): void {
    const state = this.#byLlm.get(llm)
    if (state === undefined || !(factor > 0 && Number.isFinite(factor))) return
    state.factor = Math.min(widestFactor, Math.max(1 / widestFactor, state.factor * factor))
  }

  snapshot(): SnapshotData {
    const states = [...this.#byLlm.values()]
    return {
      formatVersion: 1,
      kind: 'bill-corrections',
      llms: [...this.#byLlm.keys()],
      factors: Float64Array.from(states, (state) => state.factor),
      outputTokens: Float64Array.from(states, (state) => state.outputTokens),
      answers: Float64Array.from(states, (state) => state.answers),
      observed: Float64Array.from(states, (state) => state.observed),
    }
  }

  /** @throws {RoutingError} `unknown_snapshot_format` */
  static restore(data: SnapshotData): BillCorrections {
    const fields = requireSnapshot(data, 'bill-corrections')
    const llms = stringsField(fields, 'llms')
    const factors = vectorField(fields, 'factors', llms.length)
    const outputTokens = vectorField(fields, 'outputTokens', llms.length)
    const answers = vectorField(fields, 'answers', llms.length)
    const observed = vectorField(fields, 'observed', llms.length)
    const restored = new BillCorrections()
    llms.forEach((llm, i) => {
      restored.#byLlm.set(llm, {
        factor: factors[i]!,
        outputTokens: outputTokens[i]!,
        outputTokensP90: p90ToMean * outputTokens[i]!,
        answers: answers[i]!,
        observed: observed[i]!,
      })
    })
    return restored
  }
}

function newCorrection(): MutableCorrection {
  return {
    factor: 1,
    outputTokens: priorOutputTokens,
    outputTokensP90: p90ToMean * priorOutputTokens,
    answers: 0,
    observed: 0,
  }
}

function isAmount(value: number | undefined): value is number {
  return value !== undefined && Number.isFinite(value) && value >= 0
}
