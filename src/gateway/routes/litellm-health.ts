import type { Route } from './route-handler.ts'

/** `GET /health/liveliness`: the process answers, in LiteLLM's words. */
export const livelinessRoute: Route = {
  name: 'litellm_liveliness',
  method: 'GET',
  access: 'open',
  callsLlm: false,
  handle(_services, { exchange }) {
    exchange.sendJson(200, "I'm alive!")
  },
}

/** `GET /health/readiness`: as `/readyz`, in LiteLLM's words. */
export const litellmReadinessRoute: Route = {
  name: 'litellm_readiness',
  method: 'GET',
  access: 'open',
  callsLlm: false,
  handle({ draining, parts, storeHealth }, { exchange }) {
    const isReady = !draining() && parts.router.pool.list().length > 0
    exchange.sendJson(isReady ? 200 : 503, {
      status: isReady ? 'healthy' : 'unhealthy',
      db: storeHealth.degraded ? 'Not connected' : 'connected',
    })
  },
}
