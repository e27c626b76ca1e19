import type { IncomingHttpHeaders } from 'node:http'
import type { LlmRegistry } from '../../routing/registry/llm-registry.ts'
import { GatewayError } from '../gateway-error.ts'
import type { HttpExchange } from '../http-exchange.ts'
import { headerText } from './header-values.ts'
import { serviceOf } from './litellm/model-info.ts'

/** A request, with what clients of LiteLLM and Portkey say of it in headers. */
export interface ForeignHeaders {
  /** As it came, but for a model that a header or its own beginning places with a provider. */
  readonly body: unknown
  /** The longest time its answer may take; undefined: not said. */
  readonly deadlineMs: number | undefined
}

/**
 * Reads `x-litellm-timeout` and Portkey's headers, and names the model asked for in the answer, as LiteLLM does. Headers that
 * only say how another gateway should log or cache are passed over.
 *
 * @param body parsed JSON, not yet checked.
 * @throws {GatewayError} `invalid_request` for headers that would change where a request goes, and here cannot; `model_not_found`
 */
export function takeInForeignHeaders(exchange: HttpExchange, body: unknown, pool: LlmRegistry): ForeignHeaders {
  const { headers } = exchange.request
  refuseRedirection(headers)
  const deadlineMs = deadlineOf(headers)
  const asked = modelOf(body)
  if (asked === undefined) return { body, deadlineMs }
  exchange.response.setHeader('x-litellm-model-group', headerText(asked))
  const placed = placedModel(asked, headers, pool)
  return { body: placed === asked ? body : { ...(body as object), model: placed }, deadlineMs }
}

function modelOf(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null || !('model' in body)) return undefined
  const { model } = body
  // Of any other length our own checks say what is wrong with it.
  return typeof model === 'string' && model.length > 0 && model.length <= 256 ? model : undefined
}

/** A caller must not choose where our keys are sent, and a routing that is not followed must not be believed in. */
function refuseRedirection(headers: IncomingHttpHeaders): void {
  if (headers['x-portkey-custom-host'] !== undefined) {
    throw refused(
      'x-portkey-custom-host',
      'an address is not taken from a request: put it in the configuration, under providers',
    )
  }
  if (headers['x-portkey-config'] !== undefined) {
    throw refused(
      'x-portkey-config',
      'configs of Portkey are not read: put fallbacks and aliases in the configuration, and leave it out',
    )
  }
}

/** `x-portkey-provider: openai`, or a model `@openai/gpt-4o`: the LLM of that provider with that name, there or here. */
function placedModel(asked: string, headers: IncomingHttpHeaders, pool: LlmRegistry): string {
  const header = headers['x-portkey-provider'] ?? headers['x-portkey-virtual-key']
  if ((pool.get(asked) !== undefined && header === undefined) || pool.embeddingModels.includes(asked)) return asked
  const [, inName, nameThere] = /^@([^/]+)\/(.+)$/.exec(asked) ?? []
  const provider = inName ?? (typeof header === 'string' ? header.replace(/^@/, '') : undefined)
  if (provider === undefined || asked === 'auto' || asked.startsWith('auto:')) return asked
  const name = nameThere ?? asked
  const ofProvider = pool.list().filter((llm) => serviceOf(llm) === provider)
  const found = ofProvider.find(({ id }) => id === name) ?? ofProvider.find((llm) => llm.upstreamModel === name)
  if (found !== undefined) return found.id
  const message =
    ofProvider.length === 0
      ? `The provider '${provider.slice(0, 100)}' is not in the pool; known: ${providersOf(pool)}`
      : `The provider '${provider.slice(0, 100)}' serves no model '${name.slice(0, 100)}' here: see /v1/models`
  throw new GatewayError('model_not_found', message, { param: 'model' })
}

function providersOf(pool: LlmRegistry): string {
  return [...new Set(pool.list().map(serviceOf))].slice(0, 20).join(', ')
}

/** LiteLLM counts in seconds, Portkey in milliseconds. */
function deadlineOf(headers: IncomingHttpHeaders): number | undefined {
  const seconds = timeOf(headers, 'x-litellm-timeout')
  const milliseconds = timeOf(headers, 'x-portkey-request-timeout')
  if (seconds === undefined) return milliseconds
  return Math.min(seconds * 1_000, milliseconds ?? Number.POSITIVE_INFINITY)
}

function timeOf(headers: IncomingHttpHeaders, name: string): number | undefined {
  const text = headers[name]
  if (text === undefined) return undefined
  const time = typeof text === 'string' && /^\d{1,9}(\.\d{1,9})?$/.test(text.trim()) ? Number(text) : 0
  if (time > 0) return time
  throw refused(name, 'must be a number above 0')
}

function refused(header: string, message: string): GatewayError {
  return new GatewayError('invalid_request', `The header ${header}: ${message}`, { param: header })
}
