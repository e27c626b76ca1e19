import type { Route, RouteHandler } from './route-handler.ts'

/** A route under `/admin`: it takes an admin's key and calls no LLM on behalf of its caller. */
export function adminRoute(name: string, method: Route['method'], handle: RouteHandler): Route {
  return { name, method, access: 'admin_key', callsLlm: false, handle }
}
