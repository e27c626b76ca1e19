import { GatewayError } from '../gateway-error.ts'
import { chatCompletionsRoute } from './chat-completions.ts'
import { decisionsRoute } from './decisions.ts'
import { feedbackRoute } from './feedback.ts'
import { modelRoute, modelsRoute } from './models.ts'
import { healthRoute, metricsRoute, readinessRoute, rootRoute } from './operations.ts'
import type { Route } from './route-handler.ts'
import { routePreviewRoute } from './route-preview.ts'

const exactRoutes: ReadonlyMap<string, Route> = new Map([
  ['/', rootRoute],
  ['/v1/chat/completions', chatCompletionsRoute],
  ['/v1/models', modelsRoute],
  ['/v1/feedback', feedbackRoute],
  ['/v1/route', routePreviewRoute],
  ['/healthz', healthRoute],
  ['/readyz', readinessRoute],
  ['/metrics', metricsRoute],
])

const prefixRoutes: readonly (readonly [prefix: string, route: Route])[] = [
  ['/v1/models/', modelRoute],
  ['/v1/decisions/', decisionsRoute],
]

/** Every path, in order, for the reference; what follows a prefix is an id. */
export function listRoutes(): readonly { readonly method: string; readonly path: string; readonly route: Route }[] {
  const all = [...exactRoutes, ...prefixRoutes.map(([prefix, route]) => [`${prefix}{id}`, route] as const)]
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
  if (found === undefined) throw new GatewayError('unknown_path', `There is nothing at ${path.slice(0, 200)}`)
  if (method !== found.route.method && !(method === 'HEAD' && found.route.method === 'GET')) {
    const allow = found.route.method
    throw new GatewayError('method_not_allowed', `This path takes ${allow}`, { allow })
  }
  return found
}

function lookUp(path: string): FoundRoute | undefined {
  const exact = exactRoutes.get(path)
  if (exact !== undefined) return { route: exact, rest: '' }
  for (const [prefix, route] of prefixRoutes) {
    if (path.startsWith(prefix) && path.length > prefix.length)
      return { route, rest: decode(path.slice(prefix.length)) }
  }
  return undefined
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch (cause) {
    throw new GatewayError('invalid_request', 'The path holds broken percent-encoding', { cause })
  }
}
