/** APIs of upstreams that there is a provider for; each has its folder. */
export const providerKinds = [
  'openai-compatible',
  'openai-responses',
  'anthropic',
  'gemini',
  'azure-openai',
  'bedrock',
] as const

export type ProviderKind = (typeof providerKinds)[number]
