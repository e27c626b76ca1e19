import { describe, expect, test } from 'vitest'
import type { ApiKey } from '../../accounts/api-key.ts'
import { ConfigError } from '../../config/config-error.ts'
import type { PointsmanConfig } from '../../config/pointsman-config.ts'
import { configFileSchema } from '../../config/schema.ts'
import { toPointsmanConfig } from '../../config/to-pointsman-config.ts'
import type { ChatProvider } from '../../providers/chat-provider.ts'
import { ProviderError } from '../../providers/provider-error.ts'
import { HashedNgramEmbedder } from '../../routing/embedding/hashed-ngram-embedder.ts'
import type { Label } from '../../routing/outcome.ts'
import type { SnapshotData, StoredPolicyVersion } from '../../routing/policy-store.ts'
import { tokenCostFormat1 } from '../../routing/prediction/__fixtures__/token-cost-format-1.ts'
import { fittedPolicy, snapshotPolicy } from '../../routing/prediction/fitted-policy.ts'
import { LevelMap } from '../../routing/prediction/level-map.ts'
import { twoTopicRows } from '../../routing/prediction/quality-predictor.contract.ts'
import { RidgeQualityPredictor } from '../../routing/prediction/ridge-quality-predictor.ts'
import { TokenCostPredictor } from '../../routing/prediction/token-cost-predictor.ts'
import { type Llm, unknownLlmProperties } from '../../routing/registry/llm.ts'
import type { Storage } from '../../storage/storage.ts'
import { plainError } from '../plain-error.ts'
import { noColours } from '../terminal/colours.ts'
import { type DoctorParts, runDoctor } from './doctor.ts'
import { checkAccess, checkNode, type ProviderToCheck } from './doctor-checks.ts'

const config: PointsmanConfig = toPointsmanConfig(configFileSchema.parse({}), {
  file: '/etc/pointsman.yaml',
  folder: '/etc',
  environment: {},
  originOf: () => ({ kind: 'none' }),
}).config

const price = { inputPerMillionTokensUsd: 1, outputPerMillionTokensUsd: 2 }
const llm: Llm = { ...unknownLlmProperties, id: 'a', provider: 'p', upstreamModel: 'model-a', price }

/** A fitted version of one LLM. */
const sample = fittedPolicy({
  formatVersion: 1,
  id: 'fit-1',
  createdAtMs: 1,
  description: '',
  embedderId: new HashedNgramEmbedder().id,
  costReferenceUsd: 0.01,
  quality: RidgeQualityPredictor.fit(twoTopicRows(30, 1)),
  cost: TokenCostPredictor.unfitted(),
  noise: Float64Array.of(0.1, 0.1, 0.1),
  levels: LevelMap.identity(),
  llms: ['a', 'b', 'c'].map((id) => ({
    id,
    source: 'fitted',
    priceAtFit: price,
    labels: 30,
    meanQuality: 0.5,
    meanCostUsd: undefined,
  })),
})

function provider(probe: () => Promise<readonly string[]>, fields: Partial<ProviderToCheck> = {}): ProviderToCheck {
  const unused = () => {
    throw new Error('the doctor asks for models only')
  }
  const chat: ChatProvider = {
    complete: unused,
    stream: unused,
    probe: async () => ({ models: await probe() }),
    close: async () => {},
  }
  return { name: 'p', chat, keyVariable: 'P_API_KEY', hasKey: true, ...fields }
}

function storage(
  prune: () => Promise<number>,
  versions: readonly StoredPolicyVersion[] = [],
  labels: readonly Label[] = [],
): Storage {
  const policies = {
    rollout: async () => ({ servingId: undefined, candidate: undefined, trials: 0 }),
    version: async (id: string) => versions.find((version) => version.id === id),
    listVersions: async () => versions,
    embedder: async () => new HashedNgramEmbedder().snapshot(),
  }
  const feedback = { labelsAfter: async () => labels }
  const keys = { list: async () => [] }
  return { decisions: { prune }, keys, policies, feedback, close: async () => {} } as unknown as Storage
}

async function examine(
  changes: Partial<DoctorParts> & { pool?: { llms?: readonly Llm[]; providers?: readonly ProviderToCheck[] } },
) {
  const out: string[] = []
  const { pool, ...parts } = changes
  const healthy = await runDoctor(
    {
      nodeVersion: '24.21.0',
      terminal: { out: (text) => out.push(text), note: () => {}, colours: noColours },
      loadConfig: () => config,
      openStorage: async () => storage(async () => 0),
      openPool: async () => ({
        llms: pool?.llms ?? [llm],
        providers: pool?.providers ?? [provider(async () => ['model-a'])],
        namesOf: () => [],
        close: async () => {},
      }),
      loadStarter: () => Promise.reject(new Error('it is damaged')),
      probeDeadline: () => new AbortController().signal,
      ...parts,
    },
    {},
  )
  return { healthy, out }
}

describe('runDoctor', () => {
  test('tells of keys that were found and are of no use', async () => {
    const problems = ['Groq (GROQ_API_KEY is set): not used: groq answered 401']
    const pool = { llms: [llm], providers: [], problems, namesOf: () => [], close: async () => {} }
    const { healthy, out } = await examine({ openPool: async () => pool })
    expect(healthy).toBe(true)
    expect(out).toContain('! found: Groq (GROQ_API_KEY is set): not used: groq answered 401')
  })

  test('ticks everything off when all is well', async () => {
    const { healthy, out } = await examine({})
    expect(out).toEqual([
      '✓ Node: 24.21.0',
      '✓ configuration: /etc/pointsman.yaml',
      '✓ database: /etc/.pointsman/pointsman.db is writable',
      '✓ policy: nothing fitted yet',
      '✓ access: no keys; 127.0.0.1 is reached from this machine only',
      '✓ key of p: set',
      '✓ prices: known for every LLM of 1',
      '! starter: it is damaged; quality starts from prices',
      '✓ provider p: answers; models listed: 1',
    ])
    expect(healthy).toBe(true)
  })

  test('says how many labels teach nothing', async () => {
    const under = (embedderId: string) =>
      ({ context: { embedderId, embedding: Float32Array.of(1) } }) as unknown as Label
    const labels = [under('lost'), under('lost'), under(new HashedNgramEmbedder().id)]
    const { out } = await examine({ openStorage: async () => storage(async () => 0, [], labels) })
    expect(out).toContain(
      '! policy: 2 of 3 labels teach nothing: they were given under another embedding than the one that serves',
    )
  })

  test('says when the starter policy is switched off', async () => {
    const off = { ...config, routing: { ...config.routing, starter: false } }
    const { out } = await examine({ loadConfig: () => off })
    expect(out).toContain('✓ starter: switched off (routing.starter)')
  })

  test('warns of an unknown price and of a model that is not listed, and stays healthy', async () => {
    const dearUnknown = { ...llm, price: undefined }
    const { healthy, out } = await examine({
      pool: { llms: [dearUnknown], providers: [provider(async () => ['other'])] },
    })
    expect(out).toContainEqual(expect.stringMatching(/^! prices: unknown for a:/))
    expect(out).toContainEqual('! provider p: answers, but does not list model-a')
    expect(healthy).toBe(true)
  })

  test('warns of names that lead nowhere, and of efforts that change nothing', async () => {
    const aliases = [
      ['gpt-4o', 'auto:cost'],
      ['claude-*', 'gone'],
      ['mine', 'a'],
    ] as const
    const arm = { ...llm, reasoningEffort: 'high', capabilities: { reasoning: false } } as const
    const { healthy, out } = await examine({ loadConfig: () => ({ ...config, aliases }), pool: { llms: [arm] } })
    expect(out).toContain('! alias claude-*: gone is not in the pool')
    expect(out.filter((line) => line.includes('alias'))).toHaveLength(1)
    expect(out).toContainEqual(expect.stringMatching(/^! effort of a: model-a is not known to think/))
    expect(healthy).toBe(true)
  })

  test('fails on a provider that does not answer', async () => {
    const gone = provider(() => Promise.reject(new ProviderError('upstream_unreachable', 'nobody listens there')))
    const { healthy, out } = await examine({ pool: { providers: [gone] } })
    expect(out).toContain('✗ provider p: nobody listens there')
    expect(healthy).toBe(false)
  })

  test('fails on a missing key, and does not call that provider', async () => {
    let called = false
    const keyless = provider(
      async () => {
        called = true
        return []
      },
      { hasKey: false },
    )
    const { healthy, out } = await examine({ pool: { providers: [keyless] } })
    expect(out).toContain('✗ key of p: set P_API_KEY, or api_key in the configuration')
    expect(called).toBe(false)
    expect(healthy).toBe(false)
  })

  test('fails on a database that cannot be written, and still looks at the rest', async () => {
    const { healthy, out } = await examine({
      openStorage: async () => storage(() => Promise.reject(new Error('read-only'))),
    })
    expect(out).toContain('✗ database: /etc/.pointsman/pointsman.db: read-only')
    expect(out).toContainEqual(expect.stringMatching(/^✓ provider p/))
    expect(healthy).toBe(false)
  })

  test('fails on a policy that cannot be read, and says which and what to do', async () => {
    const unreadable = {
      id: 'fit-1',
      createdAtMs: 1,
      embedderId: 'e',
      description: '',
      snapshot: { formatVersion: 99 },
    }
    const { healthy, out } = await examine({ openStorage: async () => storage(async () => 0, [unreadable]) })
    expect(out).toContainEqual(
      expect.stringMatching(/^✗ policy: \/etc\/\.pointsman\/pointsman\.db: Policy version fit-1 .*pointsman fit/),
    )
    expect(healthy).toBe(false)
  })

  test('warns of a policy whose costs are means', async () => {
    const snapshot = { ...(snapshotPolicy(sample) as Record<string, SnapshotData>), cost: tokenCostFormat1() }
    const version = { id: 'fit-1', createdAtMs: 1, embedderId: 'e', description: '', snapshot }
    const { healthy, out } = await examine({ openStorage: async () => storage(async () => 0, [version]) })
    expect(out).toContainEqual(
      expect.stringMatching(/^! policy: costs of policy version fit-1 are means .*pointsman fit/),
    )
    expect(healthy).toBe(true)
  })

  test('names each fault of the configuration and ends there', async () => {
    const problem = { code: 'config_invalid', key: 'wat', origin: { kind: 'none' }, message: 'unknown key' } as const
    const { healthy, out } = await examine({
      loadConfig: () => {
        throw new ConfigError([problem, { ...problem, key: 'who' }])
      },
    })
    expect(out.slice(1)).toEqual(['✗ configuration: wat: unknown key', '✗ configuration: who: unknown key'])
    expect(healthy).toBe(false)
  })

  test('says in its own form why there is no pool', async () => {
    const { healthy, out } = await examine({
      openPool: () => Promise.reject(plainError('providers without llms')),
    })
    expect(healthy).toBe(false)
    expect(out.join('\n')).toContain('✗ pool: providers without llms')
  })

  test('fails on an empty pool', async () => {
    expect((await examine({ pool: { llms: [], providers: [] } })).healthy).toBe(false)
  })
})

test.each([
  ['20.20.2', 'failed'],
  ['22.17.9', 'failed'],
  ['22.18.0', 'ok'],
  ['24.0.0', 'ok'],
])('checkNode finds %s %s', (version, status) => {
  expect(checkNode(version).status).toBe(status)
})

test.each([
  ['127.0.0.1', [], 'ok'],
  ['::1', [], 'ok'],
  ['0.0.0.0', [], 'failed'],
  ['0.0.0.0', [{ revokedAtMs: 1 }], 'failed'],
  ['0.0.0.0', [{ revokedAtMs: undefined }], 'ok'],
])('checkAccess finds %s with keys %j %s', (host, keys, status) => {
  expect(checkAccess(host, keys as unknown as readonly ApiKey[]).status).toBe(status)
})

test('a master key is access enough', () => {
  expect(checkAccess('0.0.0.0', [], true)).toMatchObject({ status: 'ok', detail: 'the master key' })
})
