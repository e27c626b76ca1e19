/** What a model of the fixture server takes; written from Anthropic's documentation, apart from the provider's own table. */
export interface FixtureModel {
  readonly sampling: boolean
  readonly budget: boolean
  readonly adaptive: boolean
  readonly off: 'disabled' | 'between_tools' | undefined
  readonly thinksByDefault: boolean
  readonly forcedTools: boolean
  readonly prefill: boolean
  readonly efforts: readonly string[]
}

/** One of each generation. */
export const fixtureModels: ReadonlyMap<string, FixtureModel> = new Map([
  [
    'claude-haiku-4-5',
    {
      sampling: true,
      budget: true,
      adaptive: false,
      off: 'disabled',
      thinksByDefault: false,
      forcedTools: true,
      prefill: true,
      efforts: [],
    },
  ],
  [
    'claude-sonnet-4-6',
    {
      sampling: true,
      budget: true,
      adaptive: true,
      off: 'disabled',
      thinksByDefault: false,
      forcedTools: true,
      prefill: false,
      efforts: ['low', 'medium', 'high', 'max'],
    },
  ],
  [
    'claude-opus-5',
    {
      sampling: false,
      budget: false,
      adaptive: true,
      off: 'disabled',
      thinksByDefault: true,
      forcedTools: true,
      prefill: false,
      efforts: ['low', 'medium', 'high', 'xhigh', 'max'],
    },
  ],
  [
    'claude-sonnet-5-5',
    {
      sampling: false,
      budget: false,
      adaptive: true,
      off: 'between_tools',
      thinksByDefault: true,
      forcedTools: false,
      prefill: false,
      efforts: ['low', 'medium', 'high', 'xhigh', 'max'],
    },
  ],
  [
    'claude-opus-5-5',
    {
      sampling: false,
      budget: false,
      adaptive: true,
      off: undefined,
      thinksByDefault: true,
      forcedTools: false,
      prefill: false,
      efforts: ['low', 'medium', 'high', 'xhigh', 'max'],
    },
  ],
])
