/** Who made a model, as far as it changes what Converse takes for it. */
export type BedrockFamily = 'claude' | 'nova' | 'nova-2' | 'gpt-oss' | 'openai' | 'kimi' | 'other'

/** Where the thinking of a family goes in a request; undefined: there is no switch, or we know of none. */
export type EffortField = 'claude' | 'reasoningConfig' | 'reasoning_effort' | 'reasoning'

export interface BedrockTraits {
  readonly family: BedrockFamily
  readonly effort: EffortField | undefined
  /** Takes cache points among system prompt and messages, and also behind its tools. */
  readonly cachePoints: 'none' | 'messages' | 'all'
  /** Takes `top_k`, by a name of its own. */
  readonly topK: boolean
  /** The format under which its thinking is kept, so that it goes back to the same family alone. */
  readonly reasoningFormat: string
}

/**
 * What a model's name tells: ids of models, of inference profiles (`us.anthropic.…`) and ARNs of both have the maker's name in
 * them. ARNs of provisioned throughput and of application profiles have not: nothing particular is sent there.
 *
 * Sources: AWS's user guides of Bedrock and Nova 2, and what maintainers of other clients measured at GPT-5.6 and gpt-oss
 * (`reasoning` and `reasoning_effort` are refused by the other one), read in November 2026.
 */
export function bedrockTraits(model: string): BedrockTraits {
  const family = familyOf(model.toLowerCase())
  return {
    family,
    effort: effortFields[family],
    cachePoints: family === 'claude' ? 'all' : family === 'nova' || family === 'nova-2' ? 'messages' : 'none',
    topK: family === 'claude' || family === 'nova' || family === 'nova-2',
    // Claude's signatures are the same wherever it is served.
    reasoningFormat: family === 'claude' ? 'anthropic-claude-v1' : `bedrock-${family}`,
  }
}

const effortFields: Readonly<Partial<Record<BedrockFamily, EffortField>>> = {
  claude: 'claude',
  'nova-2': 'reasoningConfig',
  'gpt-oss': 'reasoning_effort',
  kimi: 'reasoning_effort',
  openai: 'reasoning',
}

function familyOf(name: string): BedrockFamily {
  if (name.includes('claude')) return 'claude'
  if (name.includes('amazon.nova-2')) return 'nova-2'
  if (name.includes('amazon.nova')) return 'nova'
  if (name.includes('gpt-oss')) return 'gpt-oss'
  if (name.includes('openai.gpt')) return 'openai'
  return name.includes('kimi-k2') ? 'kimi' : 'other'
}
