import type { ReasoningDetail } from '../../../providers/neutral/reasoning-details.ts'
import { sealEnvelope } from '../reasoning-envelope.ts'

/**
 * Collects the reasoning that its LLM wants back with the next turn and no thinking block shows: what has a signature or a
 * cipher, with all that belongs to it.
 */
export class ForeignReasoning {
  #details: ReasoningDetail[] = []
  /** Where the pieces of one kind and index are collected. */
  readonly #places = new Map<string, number>()

  /** Pieces of a stream or whole ones; those with the same `index` and type are joined. */
  add(detail: ReasoningDetail): void {
    const key = `${detail.type} ${detail.index}`
    const known = detail.type === 'reasoning.encrypted' ? undefined : this.#places.get(key)
    if (known === undefined) this.#places.set(key, this.#details.push(detail) - 1)
    else this.#details[known] = joined(this.#details[known]!, detail)
  }

  /** The carrier of what came since the last call; undefined when nobody needs any of it again. */
  take(): string | undefined {
    const details = this.#details
    this.#details = []
    this.#places.clear()
    return details.some(isSealed) ? sealEnvelope({ details, calls: new Map() }) : undefined
  }
}

function isSealed(detail: ReasoningDetail): boolean {
  if (detail.type === 'reasoning.encrypted') return true
  return detail.type === 'reasoning.text' && Boolean(detail.signature)
}

function joined(before: ReasoningDetail, piece: ReasoningDetail): ReasoningDetail {
  if (before.type === 'reasoning.summary' && piece.type === 'reasoning.summary') {
    return { ...before, ...piece, summary: before.summary + piece.summary }
  }
  if (before.type === 'reasoning.text' && piece.type === 'reasoning.text') {
    const signature = piece.signature ?? before.signature
    const text = (before.text ?? '') + (piece.text ?? '')
    return { ...before, ...piece, text, ...(signature === undefined ? {} : { signature }) }
  }
  return piece
}
