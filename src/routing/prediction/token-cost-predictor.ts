import { explicitFeatureNames } from '../embedding/explicit-features.ts'
import type { RoutingContext } from '../embedding/routing-context.ts'
import { requireDimension } from '../errors.ts'
import type { SnapshotData } from '../policy-store.ts'
import type { Llm, LlmId } from '../registry/llm.ts'
import type { TokenPrice } from '../registry/token-price.ts'
import { charactersPerToken } from '../request.ts'
import { AmountRegression } from './amount-regression.ts'
import { answersUntilLengthKnown, BillCorrections } from './bill-corrections.ts'
import type { CallSize, CostEstimates, CostPredictor } from './cost-predictor.ts'
import { InputTokenScale } from './input-token-scale.ts'
import { objectField, stringsField, vectorField } from './snapshot-fields.ts'
import { tokenCostFields } from './token-cost-format.ts'
import type { TrainingRows } from './training-rows.ts'

const logCharacters = explicitFeatureNames.indexOf('logCharacters')

/** The prompt's size by its characters, tokens: for where no count is known. 0 when nothing was embedded. */
export function estimatedPromptTokens(context: RoutingContext): number {
  return context.explicit.length === 0 ? 0 : Math.expm1(context.explicit[logCharacters]!) / charactersPerToken
}

/** What was fitted; arrays in the order of `llms`. */
interface FittedCosts {
  readonly llms: readonly LlmId[]
  readonly inputs: InputTokenScale
  /** Output tokens. */
  readonly lengths: AmountRegression
  /** USD. */
  readonly bills: AmountRegression
  /** USD per million tokens when fitted; NaN where unknown. */
  readonly inputPrice: Float64Array
  readonly outputPrice: Float64Array
}

/**
 * Predicted bill = (input tokens × input price + expected output tokens × output price) × correction (mathematics §3).
 *
 * Input tokens are as that LLM counts them, {@link InputTokenScale}; expected output tokens come from an
 * {@link AmountRegression} of the token counts recorded, and where only bills were, of the bills: what one leaves after
 * the prompt, at the prices of the fit, so that hidden reasoning, later price changes, long system prompts and the caller's
 * cap all count as they should. An LLM never fitted gets the mean of its answers so far, starting from a prior. Without a
 * price the regressed bill itself is the estimate, and without that NaN. The correction follows the bills,
 * {@link BillCorrections}. The dear case of the bill takes the 90 % point of the length.
 */
export class TokenCostPredictor implements CostPredictor {
  readonly llms: readonly LlmId[]
  readonly #fitted: FittedCosts | undefined
  readonly #index: ReadonlyMap<LlmId, number>
  readonly #corrections: BillCorrections
  readonly #tokens: Float64Array
  readonly #tokensP90: Float64Array
  readonly #billUsd: Float64Array
  readonly #billUsdP90: Float64Array

  private constructor(fitted: FittedCosts | undefined, corrections: BillCorrections) {
    this.llms = fitted?.llms ?? []
    this.#fitted = fitted
    this.#corrections = corrections
    this.#index = new Map(this.llms.map((id, index) => [id, index]))
    this.#tokens = new Float64Array(this.llms.length)
    this.#tokensP90 = new Float64Array(this.llms.length)
    this.#billUsd = new Float64Array(this.llms.length)
    this.#billUsdP90 = new Float64Array(this.llms.length)
  }

  /**
   * Works for any LLM: prior length at its price.
   * @param lengths of LLMs of which more is known, tokens; see {@link BillCorrections}.
   */
  static unfitted(lengths?: Iterable<readonly [LlmId, number]>): TokenCostPredictor {
    return new TokenCostPredictor(undefined, new BillCorrections(lengths))
  }

  /**
   * @param rows at least one, in no particular order.
   * @param prices of `rows.llms` when the outcomes were recorded; undefined where unknown.
   */
  static fit(rows: TrainingRows, prices: readonly (TokenPrice | undefined)[]): TokenCostPredictor {
    requireDimension('The prices', prices.length, rows.llms.length)
    const columns = rows.llms.length
    const fitted: FittedCosts = {
      llms: [...rows.llms],
      inputs: InputTokenScale.fit(rows),
      lengths: AmountRegression.fit(rows.contexts, rows.outputTokens, columns),
      bills: AmountRegression.fit(rows.contexts, rows.costUsd, columns),
      inputPrice: Float64Array.from(prices, (price) => price?.inputPerMillionTokensUsd ?? Number.NaN),
      outputPrice: Float64Array.from(prices, (price) => price?.outputPerMillionTokensUsd ?? Number.NaN),
    }
    return new TokenCostPredictor(fitted, new BillCorrections())
  }

  predict(context: RoutingContext, size: CallSize, llms: readonly Llm[], out: CostEstimates): void {
    requireRoom(llms.length, out)
    this.#predictFitted(context, llms)
    const cap = size.maxOutputTokens ?? Number.POSITIVE_INFINITY
    for (let i = 0; i < llms.length; i++) {
      const { id, price } = llms[i]!
      const index = this.#index.get(id) ?? -1
      const learned = this.#corrections.of(id)
      const isFitted = index !== -1 && !Number.isNaN(this.#tokens[index]!)
      const tokens = size.choices * Math.min(cap, isFitted ? this.#tokens[index]! : learned.outputTokens)
      const tokensP90 = size.choices * Math.min(cap, isFitted ? this.#tokensP90[index]! : learned.outputTokensP90)
      out.outputTokens[i] = tokens
      out.outputTokensP90[i] = tokensP90
      let billUsd = Number.NaN
      let billP90 = Number.NaN
      if (price !== undefined) {
        const inputTokens = index === -1 ? size.inputTokens : this.#fitted!.inputs.tokens(index, size.inputTokens)
        billUsd = listPriceUsd(price, inputTokens, tokens)
        billP90 = listPriceUsd(price, inputTokens, tokensP90)
      } else if (index !== -1) {
        billUsd = size.choices * this.#billUsd[index]!
        billP90 = size.choices * this.#billUsdP90[index]!
      }
      const hasBase = isFitted || price === undefined || learned.observed >= answersUntilLengthKnown
      out.offlineCostUsd[i] = hasBase ? billUsd : Number.NaN
      out.costUsd[i] = billUsd * learned.factor
      out.costUsdP90[i] = billP90 * learned.factor
    }
  }

  observe(
    llm: LlmId,
    offlineUsd: number,
    billedUsd: number | undefined,
    outputTokens: number | undefined,
    capTokens: number | undefined,
  ): void {
    this.#corrections.observe(llm, offlineUsd, billedUsd, outputTokens, capTokens)
  }

  #predictFitted(context: RoutingContext, llms: readonly Llm[]): void {
    const fitted = this.#fitted
    if (fitted === undefined) return
    fitted.lengths.predict(context, this.#tokens, this.#tokensP90)
    // Bills are asked for only where lengths or prices lack, as they cost as much again.
    if (fitted.lengths.isComplete && llms.every(hasPrice)) return
    fitted.bills.predict(context, this.#billUsd, this.#billUsdP90)
    const promptTokens = estimatedPromptTokens(context)
    for (let llm = 0; llm < this.llms.length; llm++) {
      if (!Number.isNaN(this.#tokens[llm]!)) continue
      const price = fitted.outputPrice[llm]!
      const promptUsd = (promptTokens * fitted.inputPrice[llm]!) / 1e6
      // NaN stays NaN: without a bill or a price at the fit there is no length to be had.
      const perUsd = price > 0 ? 1e6 / price : Number.NaN
      this.#tokens[llm] = Math.max(0, (this.#billUsd[llm]! - promptUsd) * perUsd)
      this.#tokensP90[llm] = Math.max(0, (this.#billUsdP90[llm]! - promptUsd) * perUsd)
    }
  }

  snapshot(): SnapshotData {
    const fitted = this.#fitted
    return {
      formatVersion: 2,
      kind: 'token-cost',
      corrections: this.#corrections.snapshot(),
      fitted:
        fitted === undefined
          ? null
          : {
              llms: fitted.llms,
              inputs: fitted.inputs.snapshot(),
              lengths: fitted.lengths.snapshot(),
              bills: fitted.bills.snapshot(),
              inputPrice: fitted.inputPrice.slice(),
              outputPrice: fitted.outputPrice.slice(),
            },
    }
  }

  /** Whether the prompts count for nothing: it was restored from format 1, of whose regressions only the means are read. */
  get isByMeans(): boolean {
    return this.#fitted?.lengths.isByMeans ?? false
  }

  /** @param data of format 2, or of format 1, see {@link isByMeans}. @throws {RoutingError} `unknown_snapshot_format` */
  static restore(data: SnapshotData): TokenCostPredictor {
    const fields = tokenCostFields(data)
    const corrections = BillCorrections.restore(objectField(fields, 'corrections'))
    if (fields.fitted === null) return new TokenCostPredictor(undefined, corrections)
    const fitted = objectField(fields, 'fitted')
    const llms = stringsField(fitted, 'llms')
    return new TokenCostPredictor(
      {
        llms,
        inputs: InputTokenScale.restore(objectField(fitted, 'inputs')),
        lengths: AmountRegression.restore(objectField(fitted, 'lengths')),
        bills: AmountRegression.restore(objectField(fitted, 'bills')),
        inputPrice: vectorField(fitted, 'inputPrice', llms.length),
        outputPrice: vectorField(fitted, 'outputPrice', llms.length),
      },
      corrections,
    )
  }
}

function hasPrice({ price }: Llm): boolean {
  return price !== undefined
}

function requireRoom(count: number, out: CostEstimates): void {
  for (const estimates of [out.costUsd, out.offlineCostUsd, out.costUsdP90, out.outputTokens, out.outputTokensP90]) {
    if (estimates.length < count) requireDimension('A cost output', estimates.length, count)
  }
}

function listPriceUsd(price: TokenPrice, inputTokens: number, outputTokens: number): number {
  return (inputTokens * price.inputPerMillionTokensUsd + outputTokens * price.outputPerMillionTokensUsd) / 1e6
}
