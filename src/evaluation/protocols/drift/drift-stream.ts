import type { OutcomeData } from '../../../outcomes/outcome-data.ts'
import type { TokenPrice } from '../../../routing/registry/token-price.ts'
import { scaledPrice } from '../../online/pointsman-online.ts'
import {
  type DriftCast,
  type DriftSetting,
  feedbackDelay,
  isPartlyJudged,
  judgedEvery,
  qualityLoss,
} from './drift-setting.ts'

/** What everybody sees happen before a step: a price, an arrival, a departure. Silent changes are not among them. */
export type VisibleEvent =
  | { readonly kind: 'price'; readonly llm: number; readonly factor: number }
  | { readonly kind: 'added'; readonly llm: number; readonly price: TokenPrice | undefined }
  | { readonly kind: 'removed'; readonly llm: number }

/** When things happen, as shares of the stream. */
const newcomerJoins = 1 / 3
const priceChanges = 1 / 3
const priceReturns = 2 / 3
const half = 1 / 2

/** How much dearer or cheaper an LLM becomes. */
const priceFactor = 4

/** The test prompts in one order, with what each LLM would have answered at each step. */
export class DriftStream {
  readonly length: number
  /** First step at which something is different; 0 where nothing changes. */
  readonly changeAt: number
  /** Steps by which feedback is late. */
  readonly delay: number
  /** Rows of the data set by step. */
  readonly order: Int32Array
  readonly #data: OutcomeData
  readonly #setting: DriftSetting
  readonly #cast: DriftCast
  readonly #before: readonly number[]
  readonly #after: readonly number[]
  readonly #returnsAt: number
  readonly #judgedEvery: number

  /** @param order rows of `data`; kept. */
  constructor(data: OutcomeData, order: Int32Array, setting: DriftSetting, cast: DriftCast) {
    this.#data = data
    this.order = order
    this.length = order.length
    this.#setting = setting
    this.#cast = cast
    const { scenario } = setting.change
    const at = {
      stationary: 0,
      'quality-drop': half,
      'price-change': priceChanges,
      newcomer: newcomerJoins,
      removal: half,
    }
    this.changeAt = Math.floor(at[scenario] * this.length)
    this.#returnsAt = Math.floor(priceReturns * this.length)
    const variant = 'variant' in setting.change ? setting.change.variant : undefined
    this.delay = variant === 'feedback 100 requests late' ? feedbackDelay : 0
    this.#judgedEvery = isPartlyJudged(variant) ? judgedEvery : 1
    this.#before = cast.incumbents
    this.#after = poolAfter(setting, cast)
  }

  /** The pool at a step: the same array as long as it is the same pool. */
  candidates(step: number): readonly number[] {
    return step < this.changeAt ? this.#before : this.#after
  }

  /** Whether anybody says what the answer of a step was worth. */
  isJudged(step: number): boolean {
    return step % this.#judgedEvery === 0
  }

  /** What everybody sees before a step. */
  events(step: number): readonly VisibleEvent[] {
    const { change } = this.#setting
    const { newcomer, workhorse, dearest } = this.#cast
    if (change.scenario === 'price-change') {
      const factor = change.variant === 'four times' ? priceFactor : 1 / priceFactor
      if (step === this.changeAt) return [{ kind: 'price', llm: dearest, factor }]
      if (step === this.#returnsAt) return [{ kind: 'price', llm: dearest, factor: 1 / factor }]
    }
    if (step !== this.changeAt) return []
    if (change.scenario === 'removal') return [{ kind: 'removed', llm: workhorse }]
    if (change.scenario !== 'newcomer') return []
    const { price } = this.#data.llms[newcomer]!
    const asked = price === undefined ? undefined : scaledPrice(price, this.costFactor(step, newcomer))
    return [{ kind: 'added', llm: newcomer, price: asked }]
  }

  /** What an LLM's recorded bills are multiplied by at a step. */
  costFactor(step: number, llm: number): number {
    const { change } = this.#setting
    if (change.scenario === 'price-change') {
      const changed = llm === this.#cast.dearest && step >= this.changeAt && step < this.#returnsAt
      if (!changed) return 1
      return change.variant === 'four times' ? priceFactor : 1 / priceFactor
    }
    if (change.scenario !== 'newcomer' || llm !== this.#cast.newcomer) return 1
    if (change.variant.startsWith('quarter price')) return 1 / priceFactor
    return change.variant === 'four times price' ? priceFactor : 1
  }

  /** What an LLM's recorded quality has lost at a step; nobody is told. */
  loss(step: number, llm: number): number {
    const { change } = this.#setting
    if (change.scenario === 'quality-drop')
      return llm === this.#cast.workhorse && step >= this.changeAt ? qualityLoss : 0
    const poor = change.scenario === 'newcomer' && change.variant === 'worse by .2' && llm === this.#cast.newcomer
    return poor ? qualityLoss : 0
  }

  quality(step: number, llm: number): number {
    const recorded = this.#data.quality[this.order[step]! * this.#data.llms.length + llm]!
    return Math.max(0, recorded - this.loss(step, llm))
  }

  /** USD. */
  costUsd(step: number, llm: number): number {
    return this.costFactor(step, llm) * this.#data.costUsd[this.order[step]! * this.#data.llms.length + llm]!
  }

  /** Length of the answer, undefined where the set does not record it. */
  outputTokens(step: number, llm: number): number | undefined {
    const cell = this.order[step]! * this.#data.llms.length + llm
    const recorded = this.#data.outputTokens[cell]!
    return Number.isNaN(recorded) ? undefined : recorded
  }
}

function poolAfter({ change }: DriftSetting, { incumbents, newcomer, workhorse }: DriftCast): readonly number[] {
  if (change.scenario === 'newcomer') return [...incumbents, newcomer].sort((a, b) => a - b)
  if (change.scenario === 'removal') return incumbents.filter((llm) => llm !== workhorse)
  return incumbents
}
