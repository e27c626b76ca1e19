import type { ReasoningDetail } from '../../../providers/neutral/reasoning-details.ts'
import { sealEnvelope } from '../reasoning-envelope.ts'

/**
 * Collects the reasoning of another API than Anthropic's that its LLM wants back with the next turn: what has a signature or
 * a cipher, with all that belongs to it.
 */
export class ForeignReasoning {
  #details: ReasoningDetail[] = []

  /** Pieces of a stream or whole ones; those with the same `index` and type are joined. */
  add(detail: ReasoningDetail): void {
    const known = this.#details.findIndex(
      ({ type, index }) => type === detail.type && type !== 'reasoning.encrypted' && index === detail.index,
    )
    if (known < 0) this.#details.push(detail)
    else this.#details[known] = joined(this.#details[known]!, detail)
  }

  /** The carrier of what came since the last call; undefined when nobody needs any of it again. */
  take(): string | undefined {
    const details = this.#details
    this.#details = []
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
