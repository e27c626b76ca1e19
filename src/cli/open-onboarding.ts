import { randomUUID } from 'node:crypto'
import path from 'node:path'
import type { Environment } from '../config/environment.ts'
import type { PointsmanConfig } from '../config/pointsman-config.ts'
import { GatewayError } from '../gateway/gateway-error.ts'
import { OnboardingDesk, type OnboardingDeskParts } from '../gateway/onboarding/onboarding-desk.ts'
import { ProbeLedger } from '../gateway/onboarding/probe-ledger.ts'
import type { PoolEditor } from '../gateway/pool-editor.ts'
import { parseChatRequest } from '../gateway/wire/chat-request.ts'
import { toRoutingRequest } from '../gateway/wire/to-routing-request.ts'
import { createGrader } from '../grading/create-grader.ts'
import { OutcomeDataError } from '../outcomes/outcome-data-error.ts'
import type { ProbeSet } from '../probing/probe.ts'
import { loadBuiltInProbeSet, readProbeSet } from '../probing/read-probe-set.ts'
import type { ChatRequest } from '../providers/chat-provider.ts'
import { requestParameters } from '../providers/parameters/request-parameters.ts'
import { defaultPreference } from '../routing/decision/routing-preference.ts'
import { SeededRandom } from '../routing/numeric/random-source.ts'
import type { RoutingRequest } from '../routing/request.ts'
import type { RoutingPolicy } from '../routing/routing-policy.ts'
import type { Storage } from '../storage/storage.ts'
import { openProbeGrading } from './grading-parts.ts'
import type { OpenPool } from './open-pool.ts'
import { randomSeed, systemClock } from './system.ts'

/** What taking LLMs in rests on, in a gateway or a command. */
export interface OnboardingSurroundings {
  readonly config: PointsmanConfig
  readonly environment: Environment
  readonly pool: OpenPool
  readonly editor: PoolEditor
  readonly storage: Storage
  readonly spend: ConstructorParameters<typeof ProbeLedger>[0]['spend']
  readonly current: () => RoutingPolicy
  /** The same after a look whether another version has been released. */
  readonly serving: () => Promise<RoutingPolicy>
  readonly released: () => Promise<void>
  /** Default: the built-in set, and by name those of `probing.sets`. */
  readonly loadSet?: OnboardingDeskParts['loadSet']
  readonly onError: OnboardingDeskParts['onError']
}

export interface OpenOnboarding {
  readonly desk: OnboardingDesk
  /** Ends what is under way, then the graders. */
  close(): Promise<void>
}

export function openOnboarding(around: OnboardingSurroundings): OpenOnboarding {
  const { config, environment, pool, storage } = around
  const folder = config.file === undefined ? process.cwd() : path.dirname(config.file)
  const grading = openProbeGrading(config, environment, pool, folder)
  const books = new ProbeLedger({
    spend: around.spend,
    charges: storage.charges,
    clock: systemClock,
    newId: randomUUID,
  })
  const desk = new OnboardingDesk({
    probes: storage.probes,
    policies: storage.policies,
    decisions: storage.decisions,
    books,
    clock: systemClock,
    lambda: config.routing.lambda,
    toRoutingRequest: asRequest,
    decisionIdAt: (ms) => Math.max(0, Math.floor(ms)).toString(36).padStart(9, '0'),
    serving: around.serving,
    current: around.current,
    released: around.released,
    editor: around.editor,
    providerFor: pool.providerFor,
    priceOf: pool.priceOf,
    loadSet: around.loadSet ?? ((name) => namedSet(name, config)),
    gradersFor: () => (spec) => createGrader(spec, grading),
    defaults: { concurrency: config.probing.concurrency, capUsd: config.probing.capUsd },
    random: new SeededRandom(randomSeed()),
    newId: randomUUID,
    onError: around.onError,
  })
  return {
    desk,
    async close() {
      await desk.close()
      await grading.close()
    },
  }
}

/** As the router would see it, had somebody sent it. */
function asRequest(request: ChatRequest): RoutingRequest {
  const body = parseChatRequest({ ...request, model: 'auto' })
  return toRoutingRequest(
    body,
    { preference: defaultPreference, pinnedLlm: undefined, conversationId: '' },
    requestParameters(request),
  )
}

/** @throws {GatewayError} `invalid_request`: there is none of that name, or it cannot be read */
async function namedSet(name: string | undefined, { probing }: PointsmanConfig): Promise<ProbeSet> {
  if (name === undefined) return loadBuiltInProbeSet()
  // A name, no path: whoever may add LLMs is not thereby to read folders.
  if (probing.setsFolder !== undefined && /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) {
    try {
      return await readProbeSet(path.join(probing.setsFolder, name))
    } catch (cause) {
      if (!(cause instanceof OutcomeDataError)) throw cause
      const message = `The probe set cannot be read: ${cause.message}`
      throw new GatewayError('invalid_request', message, { param: 'probe.set', cause })
    }
  }
  const message =
    probing.setsFolder === undefined
      ? 'There are no sets but the built-in one here: probing.sets of the configuration names the folder of others'
      : `'${name.slice(0, 100)}' is no name of a folder in probing.sets`
  throw new GatewayError('invalid_request', message, { param: 'probe.set' })
}
