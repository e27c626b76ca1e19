/** How many answers each LLM writes side by side, and how often routers are told of the queues. */
export interface WaitingTimeOptions {
  /** c_l ≥ 1, whole. */
  readonly slots: Int32Array
  /** Milliseconds between two refreshes of what routers see; 0: they see the queue as it is. */
  readonly refreshMs: number
}

/** What became of one request. */
export interface ServedRequest {
  /** From its arrival to the first slot that fell free, ms. */
  readonly waitMs: number
  /** From its arrival to the end of its answer: w + t_init + length/speed, ms. */
  readonly completionMs: number
}

/**
 * The load simulation of MixLLM's stream (arXiv:2502.18482, section 4.2, mathematics §14): each LLM is a queue served by
 * c_l slots in order of arrival. A router sees the waiting times w_l as of the last refresh; the paper refreshes every 10 s,
 * so that a hundred queries in a row may see the same ones.
 *
 * How the paper adds up waiting times, and how many requests an LLM serves at once, was not at hand: the slots are ours.
 */
export class WaitingTimes {
  readonly #slotsFreeAt: readonly Float64Array[]
  readonly #refreshMs: number
  #seen: Float64Array
  #nextRefreshMs = 0

  /** All idle at time 0. */
  constructor({ slots, refreshMs }: WaitingTimeOptions) {
    this.#slotsFreeAt = Array.from(slots, (count) => new Float64Array(count))
    this.#refreshMs = refreshMs
    this.#seen = new Float64Array(slots.length)
  }

  /** w_l as a router sees it at `nowMs`, shape [llms]; a new array at each refresh, never changed afterwards. Times must not fall. */
  seenAt(nowMs: number): Float64Array {
    if (nowMs < this.#nextRefreshMs) return this.#seen
    if (this.#refreshMs > 0) this.#nextRefreshMs = (Math.floor(nowMs / this.#refreshMs) + 1) * this.#refreshMs
    this.#seen = Float64Array.from(this.#slotsFreeAt, (_, llm) => this.waitAt(llm, nowMs))
    return this.#seen
  }

  /** w_l as it is. O(c_l). */
  waitAt(llm: number, nowMs: number): number {
    const slots = this.#slotsFreeAt[llm]!
    return Math.max(0, slots[earliest(slots)]! - nowMs)
  }

  /** Sends one request. @param serviceMs t_init + length/speed ≥ 0. */
  serve(llm: number, nowMs: number, serviceMs: number): ServedRequest {
    const slots = this.#slotsFreeAt[llm]!
    const first = earliest(slots)
    const waitMs = Math.max(0, slots[first]! - nowMs)
    slots[first] = nowMs + waitMs + serviceMs
    return { waitMs, completionMs: waitMs + serviceMs }
  }
}

function earliest(slots: Float64Array): number {
  let first = 0
  for (let i = 1; i < slots.length; i++) if (slots[i]! < slots[first]!) first = i
  return first
}

/** ρ when everything goes to the dearest LLM. */
export const premiumLoad = 2
/** ρ, mean over the pool, when requests are spread evenly. */
export const evenLoad = 0.5

/**
 * c_l such that sending everything to the dearest LLM offers it twice what it can serve (ρ = 2), and an even spread loads the
 * LLMs to a half on average (ρ = .5); rounded to whole slots, at least one.
 *
 * @param meanServiceMs of each LLM, > 0. @param premium index of the dearest. @param requestsPerSecond of the stream.
 */
export function chooseSlots(meanServiceMs: Float64Array, premium: number, requestsPerSecond: number): Int32Array {
  const llms = meanServiceMs.length
  const premiumShare = Math.min(premiumLoad / llms, evenLoad)
  const otherShare = llms === 1 ? premiumShare : (evenLoad * llms - premiumShare) / (llms - 1)
  return Int32Array.from(meanServiceMs, (serviceMs, llm) => {
    const offered = (requestsPerSecond * serviceMs) / 1000
    const slots = llm === premium ? offered / premiumLoad : offered / llms / otherShare
    return Math.max(1, Math.round(slots))
  })
}
