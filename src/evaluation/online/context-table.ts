import type { RoutingContext } from '../../routing/embedding/routing-context.ts'

/**
 * Numbers that depend on a prompt's context alone, computed when first asked for and kept: the same prompts come by in
 * every order and under every goal.
 */
export class ContextTable {
  readonly #rows = new WeakMap<RoutingContext, Float64Array>()
  readonly #width: number
  readonly #compute: (context: RoutingContext, row: Float64Array) => void

  /** @param compute fills one row of `width` numbers; must always find the same for one context. */
  constructor(width: number, compute: (context: RoutingContext, row: Float64Array) => void) {
    this.#width = width
    this.#compute = compute
  }

  /** The table's own row: not to be written to. */
  row(context: RoutingContext): Float64Array {
    const known = this.#rows.get(context)
    if (known !== undefined) return known
    const row = new Float64Array(this.#width)
    this.#compute(context, row)
    this.#rows.set(context, row)
    return row
  }
}
