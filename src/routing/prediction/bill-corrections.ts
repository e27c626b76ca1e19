import type { SnapshotData } from '../policy-store.ts'
import type { LlmId } from '../registry/llm.ts'
import { requireSnapshot, stringsField, vectorField } from './snapshot-fields.ts'

/** Expected answer length of an LLM nothing is known of, tokens: the one C_ref is defined by (design §3.6). */
export const priorOutputTokens = 300

/**
 * 90 % point over mean of answer lengths where no spread was fitted. Within one LLM its median over LLMs is 1.70
 * (zeroeval), 1.79 (alpaca-eval-2) and 2.01 (bfcl-2024-08).
 */
export const p90ToMean = 2

/** Answers the prior length counts for. */
const priorAnswers = 4

/** η: a change of price or habit is followed with a time constant of 1/η = 50 answers. */
const learningRate = 0.02

/** The factor stays within 1/4 and 4: beyond that something other than estimation is wrong, and a budget should see it. */
const widestFactor = 4

/** One bill counts for at most this many times its prediction. */
const largestRatio = 10

/** What the bills have taught about one LLM. */
export interface BillCorrection {
  /** Multiplies the predicted bill; 1 at first. */
  readonly factor: number
  /** Mean length of the answers so far, for LLMs without a fitted length. */
  readonly outputTokens: number
  readonly outputTokensP90: number
}

interface MutableCorrection {
  factor: number
  outputTokens: number
  outputTokensP90: number
  answers: number
}

/**
 * Slow, bounded corrections per LLM from what was really billed.
 *
 *     factor ← clamp(factor·(1 + η·(min(billed/predicted, 10) − 1)), 1/4, 4)
 *
 * The prediction already holds the factor, so that it rests where bills equal predictions on average.
 */
export class BillCorrections {
  readonly #byLlm = new Map<LlmId, MutableCorrection>()
  readonly #none: BillCorrection = newCorrection()

  /** Live: it changes with {@link observe}. */
  of(llm: LlmId): BillCorrection {
    return this.#byLlm.get(llm) ?? this.#none
  }

  /** @param predictedUsd NaN, zero, or a bill of undefined teaches the length only; tokens of undefined the factor only. */
  observe(llm: LlmId, predictedUsd: number, billedUsd: number | undefined, outputTokens: number | undefined): void {
    const state = this.#byLlm.get(llm) ?? newCorrection()
    this.#byLlm.set(llm, state)
    if (predictedUsd > 0 && billedUsd !== undefined && billedUsd >= 0) {
      const ratio = Math.min(billedUsd / predictedUsd, largestRatio)
      const factor = state.factor * (1 + learningRate * (ratio - 1))
      state.factor = Math.min(widestFactor, Math.max(1 / widestFactor, factor))
    }
    if (outputTokens !== undefined && outputTokens >= 0) {
      state.answers++
      const rate = Math.max(learningRate, 1 / (state.answers + priorAnswers))
      state.outputTokens += rate * (outputTokens - state.outputTokens)
      state.outputTokensP90 = p90ToMean * state.outputTokens
    }
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
    }
  }

  /** @throws {RoutingError} `unknown_snapshot_format` */
  static restore(data: SnapshotData): BillCorrections {
    const fields = requireSnapshot(data, 'bill-corrections')
    const llms = stringsField(fields, 'llms')
    const factors = vectorField(fields, 'factors', llms.length)
    const outputTokens = vectorField(fields, 'outputTokens', llms.length)
    const answers = vectorField(fields, 'answers', llms.length)
    const restored = new BillCorrections()
    llms.forEach((llm, i) => {
      restored.#byLlm.set(llm, {
        factor: factors[i]!,
        outputTokens: outputTokens[i]!,
        outputTokensP90: p90ToMean * outputTokens[i]!,
        answers: answers[i]!,
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
  }
}
