import { Adam, StochasticGradient } from '../../routing/numeric/adam.ts'
import { DenseNetwork } from '../../routing/numeric/dense-network.ts'
import { SeededRandom } from '../../routing/numeric/random-source.ts'

export interface FeedbackNetworkOptions {
  /** d of e_n. */
  readonly inputs: number
  /** LLMs that can ever be in the pool: one output each. */
  readonly llms: number
  /** η₃. Default .001 (the paper's). */
  readonly learningRate?: number
  /** `descent` is Eq. 22 as printed; `adam` the usual reading of a learning rate of .001. Default `descent`. */
  readonly optimiser?: 'descent' | 'adam'
  /** κ_max. Default .1. */
  readonly largestWeight?: number
  /** T_π. Default .05. */
  readonly temperature?: number
  readonly seed: number
}

/** Three layers with weights, as the paper has it; their widths are ours. */
const hiddenWidths = [64, 64]

/** v₀: the variance at which κ is halved; the largest a Bernoulli variable has. */
const halvingVariance = 0.25

/** Share of the old value that one observation leaves to the running baseline and variances: about the last 50 count. */
const retention = 0.98

/**
 * MixLLM's dynamic feedback score for binary feedback (arXiv:2502.18482, section 3.6, Eq. 15–22):
 *
 *     s'_l = s_l + κ_l·tanh(f_l(e))        κ_l = κ_max/(1 + v_l/v₀)        π = softmax(s'/T_π)
 *     θ ← θ + η₃·(r − b)·∇ log π(l | e)
 *
 * f is one network for all LLMs, r ∈ {0, 1}, b the running mean of r, v_l the running variance of r − b on LLM l. Stated
 * by the paper: a shared network of three layers, policy gradient, inverse-variance weight, η₃ = .001. Ours, as its
 * equations were not at hand: tanh, the baseline b, κ_max, v₀, T_π, the widths, one output per LLM.
 *
 * The last layer starts at zero, so that the first decision is the offline router's. Choices must be drawn from π while it
 * learns: under an argmax the estimate of the gradient is biased.
 */
export class FeedbackNetwork {
  readonly temperature: number
  readonly #network: DenseNetwork
  readonly #optimiser: Adam | StochasticGradient
  readonly #largestWeight: number
  readonly #variances: Float64Array
  readonly #gradient: Float64Array
  #baseline = 0.5

  constructor(options: FeedbackNetworkOptions) {
    const { inputs, llms, learningRate = 0.001, largestWeight = 0.1, temperature = 0.05, seed } = options
    const random = new SeededRandom(seed)
    this.#network = new DenseNetwork({ inputs, hidden: hiddenWidths, outputs: llms, random, zeroLastLayer: true })
    const parameters = this.#network.parameters()
    this.#optimiser =
      options.optimiser === 'adam'
        ? new Adam(parameters, { learningRate })
        : new StochasticGradient(parameters, { learningRate })
    this.#largestWeight = largestWeight
    this.temperature = temperature
    this.#variances = new Float64Array(llms).fill(halvingVariance)
    this.#gradient = new Float64Array(llms)
  }

  /** κ_l. */
  weight(llm: number): number {
    return this.#largestWeight / (1 + this.#variances[llm]! / halvingVariance)
  }

  /** @param out receives κ_l·tanh(f_l(e)) of every LLM. No allocation. */
  scores(embedding: Float64Array, out: Float64Array): void {
    const raw = this.#network.forward(embedding, 1, true)
    for (let llm = 0; llm < out.length; llm++) out[llm] = this.weight(llm) * Math.tanh(raw[llm]!)
  }

  /**
   * One step of policy gradient.
   *
   * @param candidates the LLMs that could be drawn, with their probabilities under the present parameters.
   * @param drawn index of the LLM that answered, in `candidates`.
   */
  learn(
    embedding: Float64Array,
    candidates: readonly number[],
    probabilities: Float64Array,
    drawn: number,
    satisfied: boolean,
  ): void {
    const raw = this.#network.forward(embedding, 1, true)
    const advantage = Number(satisfied) - this.#baseline
    this.#gradient.fill(0)
    for (let i = 0; i < candidates.length; i++) {
      const llm = candidates[i]!
      const squashed = Math.tanh(raw[llm]!)
      const score = (Number(i === drawn) - probabilities[i]!) / this.temperature
      // The optimiser descends, the reward is to rise.
      this.#gradient[llm] = -advantage * score * this.weight(llm) * (1 - squashed * squashed)
    }
    this.#network.backward(this.#gradient)
    this.#optimiser.step()
    const llm = candidates[drawn]!
    this.#variances[llm]! += (1 - retention) * (advantage * advantage - this.#variances[llm]!)
    this.#baseline += (1 - retention) * advantage
  }
}
