import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { stringify } from 'yaml'
import { type GatewayProcess, runCommand, startGateway } from '../replay/gateway-process.ts'
import type { FixtureUpstream } from '../upstreams/fixture-upstream.ts'
import { embeddingModelOf, type FamilyName, llmOf, providerFamilies, thinkingLlmOf } from './provider-families.ts'

/** USD per million tokens, the same at every family: what a call costs is then told by its usage alone. */
export const price = { input: 1, output: 2 }

/** Tokens that the LLMs which do not think can write. */
export const longestAnswer = 16_384

/** The real gateway as its users run it: the built command, a configuration file and a key, before fixture servers. */
export interface GatewayUnderTest {
  /** Without a path. */
  readonly url: string
  /** A key that the gateway issued. */
  readonly apiKey: string
  upstream(family: FamilyName): FixtureUpstream
  close(): Promise<void>
}

/** @param settings go into the configuration file beside providers and LLMs. */
export async function serveGateway(settings: Readonly<Record<string, unknown>> = {}): Promise<GatewayUnderTest> {
  const folder = mkdtempSync(path.join(tmpdir(), 'pointsman-clients-'))
  const upstreams = new Map<FamilyName, FixtureUpstream>()
  for (const family of providerFamilies) upstreams.set(family.name, await family.createUpstream().listen())
  const upstream = (family: FamilyName): FixtureUpstream => {
    const found = upstreams.get(family)
    if (found === undefined) throw new Error(`no fixture server for ${family}`)
    return found
  }
  writeFileSync(path.join(folder, 'pointsman.yaml'), stringify({ ...poolBefore(upstream), ...settings }))
  const environment = Object.assign({}, ...providerFamilies.map((family) => family.environment)) as Record<
    string,
    string
  >
  let gateway: GatewayProcess | undefined
  try {
    const created = await runCommand(folder, ['keys', 'create', '--name', 'clients'], environment)
    const apiKey = /pm-\S+/.exec(created)?.[0] ?? ''
    gateway = await startGateway(folder, { environment })
    const { url } = gateway
    return { url, apiKey, upstream, close: () => closeAll(gateway, upstreams.values(), folder) }
  } catch (error) {
    await closeAll(gateway, upstreams.values(), folder)
    throw error
  }
}

/** One provider and two LLMs per family; of their cost and quality the same is known. */
function poolBefore(upstream: (family: FamilyName) => FixtureUpstream): Readonly<Record<string, unknown>> {
  return {
    providers: Object.fromEntries(
      providerFamilies.map(({ name, provider }) => [`${name}-fixture`, provider(upstream(name).origin)]),
    ),
    llms: providerFamilies.flatMap(({ name, model, thinkingModel }) => {
      const provider = `${name}-fixture`
      return [
        {
          id: llmOf(name),
          provider,
          model,
          price,
          quality: 0.5,
          capabilities: { reasoning: false, max_output_tokens: longestAnswer },
        },
        {
          id: thinkingLlmOf(name),
          provider,
          model: thinkingModel,
          price,
          quality: 0.5,
          capabilities: { reasoning: true },
        },
      ]
    }),
    embeddings: providerFamilies.flatMap(({ name, embeddingModel }) =>
      embeddingModel === undefined
        ? []
        : [
            {
              id: embeddingModelOf(name),
              provider: `${name}-fixture`,
              model: embeddingModel,
              price: { input: price.input },
            },
          ],
    ),
    routing: { starter: false, seed: 7 },
    log_level: 'error',
  }
}

async function closeAll(
  gateway: GatewayProcess | undefined,
  upstreams: Iterable<FixtureUpstream>,
  folder: string,
): Promise<void> {
  await gateway?.kill()
  for (const upstream of upstreams) await upstream.close()
  rmSync(folder, { recursive: true, force: true })
}
