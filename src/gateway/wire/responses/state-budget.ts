import type { BodyShare } from '../../body-budget.ts'
import { GatewayError } from '../../gateway-error.ts'
import { maxValues, tooMuchHeld } from '../../json-body.ts'

/** A kept response repeats its request's settings, tools among them, so that a chain is more than its items. */
const chainFactor = 4

/**
 * What one request may bring from the store: a few bytes name any amount. Counts to the same share as the request's body, and
 * the conversation it comes to has the limits of a body.
 */
export class StateBudget {
  readonly #maxBytes: number
  readonly #share: BodyShare
  #read = 0

  /** @param maxBytes of one request body. */
  constructor(maxBytes: number, share: BodyShare) {
    this.#maxBytes = maxBytes
    this.#share = share
  }

  /**
   * Before so much is read, or kept.
   * @throws {GatewayError} `body_too_large`, `overloaded`
   */
  take(bytes: number, param: string): void {
    this.#read += bytes
    if (this.#read > chainFactor * this.#maxBytes) throw this.#tooLarge(param)
    if (!this.#share.take(bytes)) throw tooMuchHeld()
  }

  /** @throws {GatewayError} `body_too_large`, `invalid_request` */
  check(items: readonly unknown[], param: string): void {
    const count = { values: 0, chars: 0 }
    add(items, count)
    if (count.chars > this.#maxBytes) throw this.#tooLarge(param)
    if (count.values <= maxValues) return
    throw new GatewayError('invalid_request', `The conversation holds over ${maxValues} values`, { param })
  }

  #tooLarge(param: string): GatewayError {
    const message = `The conversation with all it refers to is larger than ${this.#maxBytes} bytes, the limit here`
    return new GatewayError('body_too_large', message, { param })
  }
}

/** Everything here was within a body's depth when it came. */
function add(value: unknown, count: { values: number; chars: number }): void {
  if (typeof value === 'string') count.chars += value.length
  if (typeof value !== 'object' || value === null) return
  const inner = Array.isArray(value) ? (value as readonly unknown[]) : Object.values(value)
  count.values += inner.length
  if (count.values > maxValues) return
  for (const each of inner) add(each, count)
}
