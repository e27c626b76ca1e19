/** Bytes of request bodies that one request holds. */
export interface BodyShare {
  /** Takes more; false, and nothing taken, when all requests together would then hold too much. */
  take(bytes: number): boolean
  /** Gives all of it back. */
  release(): void
}

/** One limit on the request bodies that are held at the same time: each alone may be within its own, and all too much. */
export class BodyBudget {
  readonly #maxBytes: number
  #heldBytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get heldBytes(): number {
    return this.#heldBytes
  }

  /** The share of a new request. Bytes count as they come: one that announces many and sends none holds nothing. */
  open(): BodyShare {
    let taken = 0
    return {
      take: (bytes) => {
        if (this.#heldBytes + bytes > this.#maxBytes) return false
        this.#heldBytes += bytes
        taken += bytes
        return true
      },
      release: () => {
        this.#heldBytes -= taken
        taken = 0
      },
    }
  }
}
