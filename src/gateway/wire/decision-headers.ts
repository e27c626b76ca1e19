import type { AnswerReceipt } from '../answer-writer.ts'
import { formatUsd, headerText } from './header-values.ts'

/** The headers that tell how an answer came about: ours, and LiteLLM's names for those it has too. */
export function decisionHeaders(receipt: AnswerReceipt): Record<string, string> {
  const { decision, answered, costUsd } = receipt
  const llm = headerText(answered)
  const overheadMs = receipt.overheadMs.toFixed(3)
  const headers: Record<string, string> = {
    'x-pointsman-decision-id': decision.id,
    'x-pointsman-llm': llm,
    'x-pointsman-overhead-ms': overheadMs,
    'x-pointsman-cold': String(decision.cold),
    'x-pointsman-policy': headerText(decision.policyVersion),
    'x-litellm-call-id': decision.id,
    'x-litellm-model-id': llm,
    'x-litellm-overhead-duration-ms': overheadMs,
  }
  if (receipt.droppedParameters.length > 0) {
    headers['x-pointsman-dropped-params'] = receipt.droppedParameters.join(', ')
  }
  if (costUsd !== undefined) {
    headers['x-pointsman-cost-usd'] = formatUsd(costUsd)
    headers['x-litellm-response-cost'] = formatUsd(costUsd)
  }
  return headers
}
