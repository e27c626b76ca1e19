import type { RoutingContext } from '../embedding/routing-context.ts'
import { requireDimension } from '../errors.ts'
import type { SnapshotData } from '../policy-store.ts'
import type { Llm, LlmId } from '../registry/llm.ts'
import { expectedCostUsd, type TokenPrice } from '../registry/token-price.ts'
import { AmountRegression, defaultFolds } from './amount-regression.ts'
import { answersUntilLengthKnown, BillCorrections } from './bill-corrections.ts'
import type { CallSize, CostEstimates, CostPredictor } from './cost-predictor.ts'
import { InputTokenScale } from './input-token-scale.ts'
import { lengthBehindBill, meanLengthBehindBills } from './lengths-behind-bills.ts'
import { estimatedPromptTokens } from './prompt-tokens.ts'
import { numberField, objectField, stringsField, vectorField } from './snapshot-fields.ts'
import { tokenCostFields } from './token-cost-format.ts'
import type { TrainingRows } from './training-rows.ts'

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
  /** Mean estimated size of the prompts, tokens: what an average bill was for. NaN where it was not kept. */
  readonly promptTokens: number
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
   * @param rows at least one; row i is in fold i mod `folds`, near-duplicates in one.
   * @param prices of `rows.llms` when the outcomes were recorded; undefined where unknown.
   */
  static fit(
    rows: TrainingRows,
    prices: readonly (TokenPrice | undefined)[],
    folds = defaultFolds,
  ): TokenCostPredictor {
    requireDimension('The prices', prices.length, rows.llms.length)
    const columns = rows.llms.length
    const sizes = rows.contexts.map(estimatedPromptTokens)
    const fitted: FittedCosts = {
      llms: [...rows.llms],
      inputs: InputTokenScale.fit(rows),
      lengths: AmountRegression.fit(rows.contexts, rows.outputTokens, columns, folds),
      bills: AmountRegression.fit(rows.contexts, rows.costUsd, columns, folds),
      inputPrice: Float64Array.from(prices, (price) => price?.inputPerMillionTokensUsd ?? Number.NaN),
      outputPrice: Float64Array.from(prices, (price) => price?.outputPerMillionTokensUsd ?? Number.NaN),
      promptTokens: sizes.reduce((sum, tokens) => sum + tokens, 0) / sizes.length,
    }
    const predictor = new TokenCostPredictor(fitted, new BillCorrections())
    rows.llms.forEach((llm, index) => {
      predictor.#learnFewLengths(llm, index, rows, prices[index])
    })
    return predictor
  }

  withBills(
    { id, price }: { readonly id: LlmId; readonly price: TokenPrice | undefined },
    contexts: readonly RoutingContext[],
    costUsd: Float64Array,
  ): TokenCostPredictor {
    const corrections = BillCorrections.restore(objectField({ own: this.#corrections.snapshot() }, 'own'))
    const index = this.#index.get(id) ?? -1
    const inputTokens = (context: RoutingContext) => this.#inputTokens(index, estimatedPromptTokens(context))
    const behind = price === undefined ? undefined : meanLengthBehindBills(price, contexts.map(inputTokens), costUsd)
    if (behind !== undefined) corrections.begin(id, behind.tokens, behind.answers)
    return new TokenCostPredictor(this.#fitted, corrections)
  }

  /** Too few for a regression, but better than what is expected of a stranger. */
  #learnFewLengths(llm: LlmId, index: number, rows: TrainingRows, price: TokenPrice | undefined): void {
    const { lengths, bills, inputs } = this.#fitted!
    if (lengths.isKnown(index) || (bills.isKnown(index) && price !== undefined)) return
    const columns = rows.llms.length
    const own = (cells: Float64Array) => Float64Array.from(rows.contexts, (_, row) => cells[row * columns + index]!)
    const counted = own(rows.outputTokens).filter((tokens) => !Number.isNaN(tokens))
    if (counted.length > 0) {
      const sum = counted.reduce((total, tokens) => total + tokens, 0)
      this.#corrections.begin(llm, sum / counted.length, counted.length)
      return
    }
    if (price === undefined) return
    const sizes = rows.contexts.map((context) => inputs.tokens(index, estimatedPromptTokens(context)))
    const behind = meanLengthBehindBills(price, sizes, own(rows.costUsd))
    if (behind !== undefined) this.#corrections.begin(llm, behind.tokens, behind.answers)
  }

  predict(context: RoutingContext, size: CallSize, llms: readonly Llm[], out: CostEstimates): void {
    requireRoom(llms.length, out)
    this.#predictFitted(context, llms)
    const cap = size.maxOutputTokens ?? Number.POSITIVE_INFINITY
    // An average over all prompts, where regressed predictions go by the prompt: what it is off by is no habit of the LLM's.
    const averages = context.embedding.length === 0 && !this.isByMeans
    for (let i = 0; i < llms.length; i++) {
      const { id, price } = llms[i]!
      const index = this.#index.get(id) ?? -1
      const learned = this.#corrections.of(id)
      const isFitted = index !== -1 && !Number.isNaN(this.#tokens[index]!)
      const eachP90 = isFitted ? this.#tokensP90[index]! : learned.outputTokensP90
      const tokens = size.choices * Math.min(cap, isFitted ? this.#tokens[index]! : learned.outputTokens)
      const tokensP90 = size.choices * Math.min(cap, eachP90)
      out.outputTokens[i] = tokens
      out.outputTokensP90[i] = tokensP90
      let billUsd = Number.NaN
      let billP90 = Number.NaN
      if (price !== undefined) {
        const inputTokens = this.#inputTokens(index, size.inputTokens)
        billUsd = expectedCostUsd(price, inputTokens, tokens)
        billP90 = expectedCostUsd(price, inputTokens, tokensP90)
      } else if (index !== -1) {
        billUsd = size.choices * this.#billUsd[index]!
        billP90 = size.choices * this.#billUsdP90[index]!
      }
      const isRegressed = isFitted || price === undefined
      const hasBase = isRegressed ? !averages : learned.observed >= answersUntilLengthKnown
      // What a cap may cut short is billed at less than was predicted, however right the prediction.
      out.offlineCostUsd[i] = hasBase && eachP90 <= cap ? billUsd : Number.NaN
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

  rescale(llm: LlmId, factor: number): void {
    this.#corrections.rescale(llm, factor)
  }

  #inputTokens(index: number, estimated: number): number {
    return this.#fitted === undefined ? estimated : this.#fitted.inputs.tokens(index, estimated)
  }

  #predictFitted(context: RoutingContext, llms: readonly Llm[]): void {
    const fitted = this.#fitted
    if (fitted === undefined) return
    fitted.lengths.predict(context, this.#tokens, this.#tokensP90)
    // Bills are asked for only where lengths or prices lack, as they cost as much again.
    if (fitted.lengths.isComplete && llms.every(hasPrice)) return
    fitted.bills.predict(context, this.#billUsd, this.#billUsdP90)
    const isMean = context.embedding.length === 0 || fitted.bills.isByMeans
    const promptTokens =
      isMean && !Number.isNaN(fitted.promptTokens) ? fitted.promptTokens : estimatedPromptTokens(context)
    for (let llm = 0; llm < this.llms.length; llm++) {
      if (!Number.isNaN(this.#tokens[llm]!)) continue
      const read = fitted.inputs.tokens(llm, promptTokens)
      const [inputPrice, outputPrice] = [fitted.inputPrice[llm]!, fitted.outputPrice[llm]!]
      this.#tokens[llm] = lengthBehindBill(this.#billUsd[llm]!, read, inputPrice, outputPrice)
      this.#tokensP90[llm] = lengthBehindBill(this.#billUsdP90[llm]!, read, inputPrice, outputPrice)
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
              promptTokens: fitted.promptTokens,
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
        promptTokens: fitted.promptTokens === undefined ? Number.NaN : numberField(fitted, 'promptTokens'),
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
