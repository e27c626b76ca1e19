import { GatewayError } from './gateway-error.ts'

/** How many requests may be under way at once, of all callers and of one key: half, so that others always find a place. */
export class ConcurrencyLimit {
  readonly #max: number
  readonly #maxPerKey: number
  readonly #byKey = new Map<string, number>()
  #inFlight = 0

  /** @param max ≥ 1; a key may have half of it, at least one. */
  constructor(max: number) {
    this.#max = max
    this.#maxPerKey = Math.max(1, Math.floor(max / 2))
  }

  get inFlight(): number {
    return this.#inFlight
  }

  /**
   * @param keyId undefined where no keys are in use: there is one caller then, and all places are theirs.
   * @returns gives the place back; to be called once.
   * @throws {GatewayError} `overloaded`, `too_many_concurrent_requests`
   */
  enter(keyId: string | undefined): () => void {
    const ofKey = keyId === undefined ? 0 : (this.#byKey.get(keyId) ?? 0)
    const retryAfterMs = 1_000
    if (this.#inFlight >= this.#max) {
      throw new GatewayError('overloaded', 'Too many requests are under way; try again shortly', { retryAfterMs })
    }
    if (ofKey >= this.#maxPerKey) {
      throw new GatewayError(
        'too_many_concurrent_requests',
        `This key has ${ofKey} requests under way, as many as one key may have; try again shortly`,
        { retryAfterMs },
      )
    }
    this.#inFlight += 1
    if (keyId !== undefined) this.#byKey.set(keyId, ofKey + 1)
    return () => this.#leave(keyId)
  }

  #leave(keyId: string | undefined): void {
    this.#inFlight -= 1
    if (keyId === undefined) return
    const left = (this.#byKey.get(keyId) ?? 1) - 1
    if (left === 0) this.#byKey.delete(keyId)
    else this.#byKey.set(keyId, left)
  }
}
