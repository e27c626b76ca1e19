import { isJsonObject, type JsonObject } from '../chat-provider.ts'

/** `logprobsResult` as the `logprobs` of chat completions; null where the answer has none. */
export function logprobsOf(result: unknown): JsonObject | null {
  if (!isJsonObject(result) || !Array.isArray(result.chosenCandidates)) return null
  const steps: readonly unknown[] = Array.isArray(result.topCandidates) ? result.topCandidates : []
  const content = result.chosenCandidates.map((chosen: unknown, index) => {
    const step = steps[index]
    const top: readonly unknown[] = isJsonObject(step) && Array.isArray(step.candidates) ? step.candidates : []
    return { ...tokenOf(chosen), top_logprobs: top.map(tokenOf) }
  })
  return { content, refusal: null }
}

function tokenOf(candidate: unknown): JsonObject {
  const { token, logProbability } = isJsonObject(candidate) ? candidate : {}
  const text = typeof token === 'string' ? token : ''
  return {
    token: text,
    // JSON leaves out a zero.
    logprob: typeof logProbability === 'number' ? logProbability : 0,
    bytes: [...Buffer.from(text, 'utf8')],
  }
}
