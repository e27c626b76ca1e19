/** What one of the fixture's models takes beyond what all take. */
export interface BedrockModel {
  readonly family: 'claude' | 'nova' | 'nova-2' | 'gpt-oss' | 'openai' | 'other'
  /** `thinking: {type: 'enabled'}`, of Claude. */
  readonly budget?: boolean
  readonly adaptive?: boolean
  readonly thinksByDefault?: boolean
  /** `temperature`, `topP`, `top_k`. */
  readonly sampling: 'all' | 'one' | 'none'
  readonly efforts: readonly string[]
}

const all = { sampling: 'all', efforts: [] } as const

/** One model of each kind that Converse treats in a way of its own. */
export const fixtureModels: ReadonlyMap<string, BedrockModel> = new Map<string, BedrockModel>([
  ['anthropic.claude-haiku-4-5-20251001-v1:0', { family: 'claude', budget: true, sampling: 'one', efforts: [] }],
  [
    'anthropic.claude-opus-4-6-v1',
    { family: 'claude', budget: true, adaptive: true, sampling: 'one', efforts: ['low', 'medium', 'high', 'max'] },
  ],
  [
    'anthropic.claude-opus-5',
    {
      family: 'claude',
      adaptive: true,
      thinksByDefault: true,
      sampling: 'none',
      efforts: ['low', 'medium', 'high', 'xhigh', 'max'],
    },
  ],
  ['amazon.nova-lite-v1:0', { family: 'nova', ...all }],
  ['amazon.nova-2-lite-v1:0', { family: 'nova-2', ...all }],
  ['openai.gpt-oss-120b-1:0', { family: 'gpt-oss', ...all }],
  ['openai.gpt-5.6-luna', { family: 'openai', ...all }],
  ['mistral.mistral-large-2407-v1:0', { family: 'other', ...all }],
])

/** Ids of inference profiles are those of models behind a region's name; ARNs end in either. */
export function modelOf(name: string): BedrockModel | undefined {
  const id = name.slice(name.lastIndexOf('/') + 1)
  return fixtureModels.get(id) ?? fixtureModels.get(id.replace(/^(?:us|eu|apac|global)\./, ''))
}
