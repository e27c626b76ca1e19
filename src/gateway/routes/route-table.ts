import { GatewayError } from '../gateway-error.ts'
import { adminAlarmsRoute } from './admin-alarms.ts'
import { adminBudgetsRoute } from './admin-budgets.ts'
import { llmAddRoute, llmChangeRoute, llmProbeRoute, llmRemoveRoute, llmRoute, llmsRoute } from './admin-llms.ts'
import {
  policiesRoute,
  policyDiffRoute,
  policyDiscardRoute,
  policyPromoteRoute,
  policyRefitRoute,
  policyRollbackRoute,
  policyRoute,
} from './admin-policies.ts'
import { probeRunRoute, probeRunStopRoute, probeRunsRoute } from './admin-probe-runs.ts'
import { replayRoute } from './admin-replay.ts'
import { rolloutRoute } from './admin-rollout.ts'
import { chatCompletionsRoute } from './chat-completions.ts'
import { countTokensRoute } from './count-tokens.ts'
import { decisionsRoute } from './decisions.ts'
import { embeddingsRoute } from './embeddings.ts'
import { feedbackLabelRoute, feedbackRoute } from './feedback.ts'
import { litellmReadinessRoute, livelinessRoute } from './litellm-health.ts'
import { keyDeleteRoute, keyGenerateRoute, keyInfoRoute } from './litellm-keys.ts'
import { modelDeleteRoute, modelInfoRoute, modelNewRoute } from './litellm-models.ts'
import { messagesRoute } from './messages.ts'
import { modelRoute, modelsRoute } from './models.ts'
import { healthRoute, metricsRoute, readinessRoute, rootRoute } from './operations.ts'
import { responsesRoute } from './responses.ts'
import { responsesInputTokensRoute } from './responses-input-tokens.ts'
import type { Route } from './route-handler.ts'
import { routePreviewRoute } from './route-preview.ts'
import {
  cancelResponseRoute,
  compactResponseRoute,
  deleteResponseRoute,
  inputItemsRoute,
  responseRoute,
} from './stored-responses.ts'

/** Several methods of one path follow each other. */
const exactRoutes: readonly (readonly [path: string, route: Route])[] = [
  ['/', rootRoute],
  ['/v1/chat/completions', chatCompletionsRoute],
  ['/v1/responses', responsesRoute],
  ['/v1/responses/input_tokens', responsesInputTokensRoute],
  ['/v1/responses/compact', compactResponseRoute],
  ['/v1/messages', messagesRoute],
  ['/v1/messages/count_tokens', countTokensRoute],
  ['/v1/embeddings', embeddingsRoute],
  ['/v1/models', modelsRoute],
  ['/v1/feedback', feedbackRoute],
  ['/v1/route', routePreviewRoute],
  ['/admin/llms', llmsRoute],
  ['/admin/llms', llmAddRoute],
  ['/admin/probe-runs', probeRunsRoute],
  ['/admin/policies', policiesRoute],
  ['/admin/policies/rollback', policyRollbackRoute],
  ['/admin/policies/promote', policyPromoteRoute],
  ['/admin/policies/discard', policyDiscardRoute],
  ['/admin/policies/refit', policyRefitRoute],
  ['/admin/rollout', rolloutRoute],
  ['/admin/replay', replayRoute],
  ['/admin/budgets', adminBudgetsRoute],
  ['/admin/alarms', adminAlarmsRoute],
  ['/healthz', healthRoute],
  ['/readyz', readinessRoute],
  ['/metrics', metricsRoute],
  // The proxy of LiteLLM serves these without their version too.
  ['/chat/completions', chatCompletionsRoute],
  ['/embeddings', embeddingsRoute],
  ['/responses', responsesRoute],
  ['/models', modelsRoute],
  ['/model/new', modelNewRoute],
  ['/model/delete', modelDeleteRoute],
  ['/model/info', modelInfoRoute],
  ['/v1/model/info', modelInfoRoute],
  ['/key/generate', keyGenerateRoute],
  ['/key/info', keyInfoRoute],
  ['/key/delete', keyDeleteRoute],
  ['/health/liveliness', livelinessRoute],
  ['/health/liveness', livelinessRoute],
  ['/health/readiness', litellmReadinessRoute],
]

const routesByPath: ReadonlyMap<string, readonly Route[]> = new Map(
  exactRoutes.map(([path]) => [path, exactRoutes.filter(([other]) => other === path).map(([, route]) => route)]),
)

/** An id stands between prefix and suffix; several methods of one path follow each other. */
const prefixRoutes: readonly (readonly [prefix: string, suffix: string, route: Route])[] = [
  ['/v1/models/', '', modelRoute],
  ['/v1/decisions/', '', decisionsRoute],
  ['/v1/feedback/', '', feedbackLabelRoute],
  ['/v1/responses/', '', responseRoute],
  ['/v1/responses/', '', deleteResponseRoute],
  ['/v1/responses/', '/input_items', inputItemsRoute],
  ['/v1/responses/', '/cancel', cancelResponseRoute],
  ['/admin/llms/', '', llmRoute],
  ['/admin/llms/', '', llmChangeRoute],
  ['/admin/llms/', '', llmRemoveRoute],
  ['/admin/llms/', '/probe', llmProbeRoute],
  ['/admin/probe-runs/', '', probeRunRoute],
  ['/admin/probe-runs/', '/stop', probeRunStopRoute],
  ['/admin/policies/', '', policyRoute],
  ['/admin/policies/', '/diff', policyDiffRoute],
]

/** Every path, in order, for the reference; what follows a prefix is an id. */
export function listRoutes(): readonly { readonly method: string; readonly path: string; readonly route: Route }[] {
  const all = [
    ...exactRoutes,
    ...prefixRoutes.map(([prefix, suffix, route]) => [`${prefix}{id}${suffix}`, route] as const),
  ]
  return all.map(([path, route]) => ({ method: route.method, path, route }))
}

/** The route of a path, and what follows the route's prefix, decoded. */
export interface FoundRoute {
  readonly route: Route
  readonly rest: string
}

/** @throws {GatewayError} `unknown_path`, `method_not_allowed`, `invalid_request` for broken percent-encoding */
export function findRoute(method: string | undefined, path: string): FoundRoute {
  const found = lookUp(path)
  if (found.length === 0) throw new GatewayError('unknown_path', unknownPathMessage(path))
  const wanted = method === 'HEAD' ? 'GET' : method
  const right = found.find(({ route }) => route.method === wanted)
  if (right !== undefined) return right
  const allow = found.map(({ route }) => route.method).join(', ')
  throw new GatewayError('method_not_allowed', `This path takes ${allow}`, { allow })
}

/** Most unknown paths come of a base URL with `/v1` for a client that adds it itself, or without for one that does not. */
function unknownPathMessage(path: string): string {
  const nothing = `There is nothing at ${path.slice(0, 200)}.`
  const twice = path.startsWith('/v1/v1/') && lookUp(path.slice(3)).length > 0
  if (twice) return `${nothing} This client adds /v1 itself: leave it out of the base URL`
  const without = !path.startsWith('/v1/') && lookUp(`/v1${path}`).length > 0
  return without ? `${nothing} This client wants /v1 at the end of the base URL` : nothing
}

/** The routes of a path, one per method. */
function lookUp(path: string): readonly FoundRoute[] {
  const exact = routesByPath.get(path)
  if (exact !== undefined) return exact.map((route) => ({ route, rest: '' }))
  const matching = prefixRoutes.filter(
    ([prefix, suffix]) =>
      path.startsWith(prefix) && path.endsWith(suffix) && path.length > prefix.length + suffix.length,
  )
  const longest = Math.max(...matching.map(([, suffix]) => suffix.length))
  return matching
    .filter(([, suffix]) => suffix.length === longest)
    .map(([prefix, suffix, route]) => ({
      route,
      rest: decode(path.slice(prefix.length, path.length - suffix.length)),
    }))
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch (cause) {
    throw new GatewayError('invalid_request', 'The path holds broken percent-encoding', { cause })
  }
}
