import { Adam } from '../../routing/numeric/adam.ts'
import { DenseNetwork } from '../../routing/numeric/dense-network.ts'
import { SeededRandom, shuffle } from '../../routing/numeric/random-source.ts'
import { DesignVector } from '../../routing/prediction/design-vector.ts'
import { summariseColumns, type TrainingRows } from '../../routing/prediction/training-rows.ts'

export interface ForcSetting {
  readonly hidden: number
  readonly epochs: number
}

/** LLMs that each prompt is paired with per epoch, drawn anew: all pairs would cost time without adding prompts. */
const pairsPerPrompt = 3
const batch = 128
const learningRate = 0.003
const weightDecay = 0.1

/** Beside an LLM's own coordinate: its mean quality and the logarithm of its mean cost. */
const descriptorExtras = 2

/** One network for all LLMs: from a prompt's design vector and an LLM's description to the probability of a good answer. */
export class ForcMetaModel {
  readonly #design: DesignVector
  readonly #network: DenseNetwork
  /** Row-major, LLMs × (LLMs + {@link descriptorExtras}). */
  readonly #descriptors: Float64Array
  readonly #llms: number
  /** Inputs of one batch. */
  readonly #x: Float64Array

  private constructor(rows: TrainingRows, hidden: number, random: SeededRandom) {
    const llms = rows.llms.length
    this.#design = DesignVector.fit(rows.contexts)
    this.#llms = llms
    this.#descriptors = describeLlms(rows)
    const inputs = this.#design.dimension + llms + descriptorExtras
    this.#network = new DenseNetwork({ inputs, hidden: [hidden], outputs: 1, random })
    this.#x = new Float64Array(Math.max(batch, llms) * inputs)
  }

  static fit(rows: TrainingRows, setting: ForcSetting, seed: number): ForcMetaModel {
    const random = new SeededRandom(seed)
    const model = new ForcMetaModel(rows, setting.hidden, random)
    model.#train(rows, setting.epochs, random)
    return model
  }

  #train(rows: TrainingRows, epochs: number, random: SeededRandom): void {
    const adam = new Adam(this.#network.parameters(), { learningRate, weightDecay })
    const prompts = this.#design.matrix(rows.contexts)
    const cells = knownCells(rows.quality)
    const perEpoch = Math.min(cells.length, rows.contexts.length * pairsPerPrompt)
    const gradient = new Float64Array(batch)
    for (let epoch = 0; epoch < epochs; epoch++) {
      shuffle(cells, random)
      for (let start = 0; start < perEpoch; start += batch) {
        const count = Math.min(batch, perEpoch - start)
        for (let i = 0; i < count; i++) {
          const cell = cells[start + i]!
          this.#writePair(i, prompts, Math.floor(cell / this.#llms), cell % this.#llms)
        }
        const logits = this.#network.forward(this.#x, count, true)
        for (let i = 0; i < count; i++) {
          gradient[i] = (1 / (1 + Math.exp(-logits[i]!)) - rows.quality[cells[start + i]!]!) / count
        }
        this.#network.backward(gradient)
        adam.step()
      }
    }
  }

  #writePair(place: number, prompts: Float64Array, row: number, llm: number): void {
    const d = this.#design.dimension
    const width = this.#llms + descriptorExtras
    const start = place * (d + width)
    for (let j = 0; j < d; j++) this.#x[start + j] = prompts[row * d + j]!
    for (let j = 0; j < width; j++) this.#x[start + d + j] = this.#descriptors[llm * width + j]!
  }

  /** q̂ of every prompt and LLM, row-major. */
  predict(contexts: TrainingRows['contexts']): Float64Array {
    const prompts = this.#design.matrix(contexts)
    const quality = new Float64Array(contexts.length * this.#llms)
    for (let row = 0; row < contexts.length; row++) {
      for (let llm = 0; llm < this.#llms; llm++) this.#writePair(llm, prompts, row, llm)
      const logits = this.#network.forward(this.#x, this.#llms, false)
      for (let llm = 0; llm < this.#llms; llm++) quality[row * this.#llms + llm] = 1 / (1 + Math.exp(-logits[llm]!))
    }
    return quality
  }
}

function knownCells(quality: Float64Array): Int32Array {
  return Int32Array.from(quality, (_, cell) => cell).filter((cell) => !Number.isNaN(quality[cell]!))
}

function describeLlms(rows: TrainingRows): Float64Array {
  const llms = rows.llms.length
  const width = llms + descriptorExtras
  const quality = standardised(summariseColumns(rows.quality, llms).means)
  const cost = standardised(summariseColumns(rows.costUsd, llms).means.map((mean) => Math.log(Math.max(1e-9, mean))))
  const descriptors = new Float64Array(llms * width)
  for (let llm = 0; llm < llms; llm++) {
    descriptors[llm * width + llm] = 1
    descriptors[llm * width + llms] = quality[llm]!
    descriptors[llm * width + llms + 1] = cost[llm]!
  }
  return descriptors
}

function standardised(values: Float64Array): Float64Array {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length)
  return values.map((value) => (deviation > 0 ? (value - mean) / deviation : 0))
}
