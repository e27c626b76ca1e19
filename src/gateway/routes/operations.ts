import type { Route } from './route-handler.ts'

/** `GET /healthz`: the process answers. */
export const healthRoute: Route = {
  name: 'healthz',
  method: 'GET',
  access: 'open',
  callsLlm: false,
  handle(_services, { exchange }) {
    exchange.sendJson(200, { status: 'ok' })
  },
}

/**
 * `GET /readyz`: whether to send requests here. 503 while draining or without any LLM; a failing store is `degraded`
 * but ready, as answers are still served.
 */
export const readinessRoute: Route = {
  name: 'readyz',
  method: 'GET',
  access: 'open',
  callsLlm: false,
  handle({ draining, parts, storeHealth }, { exchange }) {
    if (draining()) {
      exchange.sendJson(503, { status: 'draining' })
    } else if (parts.router.pool.list().length === 0) {
      exchange.sendJson(503, { status: 'no_llms' })
    } else if (storeHealth.degraded || parts.storeLost?.() === true) {
      exchange.sendJson(200, { status: 'degraded', reasons: ['store_unavailable'] })
    } else {
      exchange.sendJson(200, { status: 'ready' })
    }
  },
}

/** `GET /metrics`, for Prometheus. Tells of spend and LLMs, so that it takes the admin scope where keys are in use. */
export const metricsRoute: Route = {
  name: 'metrics',
  method: 'GET',
  access: 'admin',
  callsLlm: false,
  async handle({ metrics }, { exchange }) {
    exchange.send(200, await metrics.scrape(), metrics.contentType)
  },
}

/** `GET /`: what this is. */
export const rootRoute: Route = {
  name: 'root',
  method: 'GET',
  access: 'key',
  callsLlm: false,
  handle({ options }, { exchange }) {
    exchange.sendJson(200, {
      name: 'pointsman',
      version: options.version,
      links: { chat: '/v1/chat/completions', models: '/v1/models', health: '/healthz', readiness: '/readyz' },
    })
  },
}
