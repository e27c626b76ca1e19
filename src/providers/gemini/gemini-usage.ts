import type { TokenUsage } from '../../routing/registry/token-price.ts'
import { isJsonObject, type JsonObject } from '../chat-provider.ts'

/** Beyond this a count is a mistake and counts as not said. */
const maxTokens = 1e9

/** What the counts alone do not tell about the bill. */
export interface BilledBeside {
  /** Tools that Google ran and bills per use, by name. */
  readonly tools: readonly string[]
  /** As requested; the answer's body does not say which tier served. */
  readonly serviceTier: string | undefined
}

/**
 * Reads `usageMetadata`. There the prompt holds its cached part, while thoughts are counted beside the candidates and what
 * tools brought in beside the prompt; zeros are left out.
 *
 * Unpriced are: searches, tiers other than the standard one, and pictures, whose tokens cost more than text.
 *
 * @returns undefined when there is no usable count: half of one would be taken for a small bill.
 */
export function parseGeminiUsage(metadata: unknown, beside: BilledBeside): TokenUsage | undefined {
  if (!isJsonObject(metadata)) return undefined
  const prompt = count(metadata.promptTokenCount)
  const toolPrompt = count(metadata.toolUsePromptTokenCount ?? 0)
  const thoughts = count(metadata.thoughtsTokenCount ?? 0)
  const candidates = count(metadata.candidatesTokenCount ?? leftOfTotal(metadata))
  if (prompt === undefined || toolPrompt === undefined || candidates === undefined || thoughts === undefined) {
    return undefined
  }
  const cached = count(metadata.cachedContentTokenCount)
  const audioIn = tokensOf('AUDIO', metadata.promptTokensDetails, metadata.toolUsePromptTokensDetails)
  const audioOut = tokensOf('AUDIO', metadata.candidatesTokensDetails)
  const cachedAudio = Array.isArray(metadata.cacheTokensDetails)
    ? tokensOf('AUDIO', metadata.cacheTokensDetails)
    : undefined
  const unpriced = unpricedParts(metadata, beside)
  return {
    inputTokens: prompt + toolPrompt,
    outputTokens: candidates + thoughts,
    ...(cached === undefined ? {} : { cachedInputTokens: cached }),
    ...(metadata.thoughtsTokenCount === undefined ? {} : { reasoningTokens: thoughts }),
    ...(audioIn === 0 ? {} : { audioInputTokens: audioIn }),
    ...(audioIn === 0 || cachedAudio === undefined ? {} : { cachedAudioInputTokens: cachedAudio }),
    ...(audioOut === 0 ? {} : { audioOutputTokens: audioOut }),
    ...(unpriced.length === 0 ? {} : { unpriced }),
  }
}

/**
 * The candidates' count where it is not said: zeros are left out, but some models leave out others too. Google documents the
 * total as the sum of the prompt, what tools brought in, candidates and thoughts.
 */
function leftOfTotal(metadata: JsonObject): number {
  const { totalTokenCount: total, promptTokenCount, thoughtsTokenCount = 0, toolUsePromptTokenCount = 0 } = metadata
  if (total === undefined) return 0
  const rest = [promptTokenCount, toolUsePromptTokenCount, thoughtsTokenCount]
  return rest.reduce<number>((left, tokens) => left - Number(count(tokens)), Number(count(total)))
}

function unpricedParts(metadata: JsonObject, { tools, serviceTier }: BilledBeside): readonly string[] {
  return [
    ...tools,
    ...(serviceTier === undefined || serviceTier === 'standard' ? [] : [`service_tier:${serviceTier}`]),
    ...(tokensOf('IMAGE', metadata.candidatesTokensDetails) > 0 ? ['image_output_tokens'] : []),
  ]
}

function tokensOf(modality: string, ...lists: readonly unknown[]): number {
  let sum = 0
  for (const list of lists) {
    for (const entry of Array.isArray(list) ? list : []) {
      if (isJsonObject(entry) && entry.modality === modality) sum += count(entry.tokenCount) ?? 0
    }
  }
  return sum
}

function count(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 && value <= maxTokens ? value : undefined
}
