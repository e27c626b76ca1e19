import { randomUUID } from 'node:crypto'
import type { Clock } from '../../routing/clock.ts'
import { refusesThinking } from '../anthropic/refused-thinking.ts'
import {
  type ChatCall,
  type ChatCompletion,
  type ChatEvent,
  type ChatProvider,
  isJsonObject,
  type JsonObject,
} from '../chat-provider.ts'
import {
  UpstreamHttp,
  type UpstreamHttpOptions,
  type UpstreamOptions,
  type UpstreamRequest,
} from '../http/upstream-http.ts'
import { ProviderError } from '../provider-error.ts'
import { systemTimers } from '../resilience/timers.ts'
import { awsSigner } from './aws-signer.ts'
import { bedrockTraits } from './bedrock-model.ts'
import { type AnswerContext, toCompletion } from './converse-answer.ts'
import { converseEventsOf } from './converse-event-stream.ts'
import { converseRequest } from './converse-request.ts'
import { toolNamesOf } from './converse-tools.ts'

export interface BedrockOptions extends Omit<UpstreamOptions, 'baseUrl'> {
  /** Undefined or empty: the region's own address. */
  readonly baseUrl?: string | undefined
  /** Such as `us-east-1`; requests are signed for it, wherever they go. */
  readonly region: string
  readonly accessKeyId?: string | undefined
  readonly secretAccessKey?: string | undefined
  /** Of temporary credentials; their renewal is their owner's business. */
  readonly sessionToken?: string | undefined
  /** A Bedrock API key, which is sent instead of a signature. */
  readonly bearerToken?: string | undefined
}

const eventStreamType = 'application/vnd.amazon.eventstream'

/** A list of inference profiles ends by then; one without end is a fault. */
const maxProfilePages = 20

/**
 * LLMs on Amazon Bedrock, through its Converse API, which is the same for all of them. Models are named by their id, or by the id
 * or ARN of an inference profile. A request whose history holds thinking that the model will not have is sent once more without.
 */
export class BedrockProvider implements ChatProvider {
  readonly #runtime: UpstreamHttp
  /** Lists of models are at another address than the models. */
  readonly #control: UpstreamHttp
  readonly #clock: Clock

  constructor(options: BedrockOptions) {
    const { baseUrl, region } = options
    this.#clock = options.clock ?? systemTimers
    const upstream = { ...options, ...credentials(options, this.#clock), streamType: eventStreamType }
    const runtimeUrl =
      baseUrl === undefined || baseUrl === '' ? `https://bedrock-runtime.${region}.amazonaws.com` : baseUrl
    this.#runtime = new UpstreamHttp({ ...upstream, baseUrl: runtimeUrl })
    this.#control = new UpstreamHttp({ ...upstream, baseUrl: controlUrlOf(runtimeUrl) })
  }

  async complete(call: ChatCall, signal: AbortSignal): Promise<ChatCompletion> {
    const body = await this.#json(call, signal)
    const { errors } = this.#runtime
    const message = isJsonObject(body.output) ? body.output.message : undefined
    if (!isJsonObject(message) || !Array.isArray(message.content)) throw errors.invalid('The answer has no content')
    try {
      return toCompletion(body, message.content, this.#context(call))
    } catch (cause) {
      if (cause instanceof ProviderError) throw cause
      // Input of a tool without end of nesting: it can be read but not written.
      throw errors.invalid('The answer nests too deeply', cause)
    }
  }

  stream(call: ChatCall, signal: AbortSignal): AsyncIterable<ChatEvent> {
    return { [Symbol.asyncIterator]: () => this.#events(call, signal) }
  }

  /**
   * Lists the region's models and the account's inference profiles, which takes the right to `bedrock:ListFoundationModels`; without
   * the one to `bedrock:ListInferenceProfiles` those are left out. The API that answers has nothing that costs nothing.
   */
  async probe(signal: AbortSignal): Promise<{ readonly models: readonly string[] }> {
    const { modelSummaries } = await this.#control.json(get('/foundation-models'), signal)
    const models = idsOf(modelSummaries, 'modelId')
    return { models: [...models, ...(await this.#profiles(signal))] }
  }

  /** Ends calls under way with `aborted`. */
  async close(): Promise<void> {
    await Promise.all([this.#runtime.close(), this.#control.close()])
  }

  async #profiles(signal: AbortSignal): Promise<readonly string[]> {
    const ids: string[] = []
    let token = ''
    for (let page = 0; page < maxProfilePages; page += 1) {
      const next = token === '' ? '' : `&nextToken=${encodeURIComponent(token)}`
      try {
        const body = await this.#control.json(get(`/inference-profiles?maxResults=1000${next}`), signal)
        ids.push(...idsOf(body.inferenceProfileSummaries, 'inferenceProfileId'))
        token = typeof body.nextToken === 'string' ? body.nextToken : ''
      } catch (error) {
        if (error instanceof ProviderError && error.code === 'upstream_auth') break
        throw error
      }
      if (token === '') break
    }
    return ids
  }

  async #json(call: ChatCall, signal: AbortSignal): Promise<JsonObject> {
    try {
      return await this.#runtime.json(post(call, 'converse', converseRequest(call)), signal)
    } catch (error) {
      return this.#runtime.json(post(call, 'converse', repaired(call, error)), signal)
    }
  }

  /** By hand and not as a generator, whose `return()` would wait for the upstream's next byte. */
  #events(call: ChatCall, signal: AbortSignal): AsyncIterator<ChatEvent> {
    const context = this.#context(call)
    const open = (body: JsonObject) =>
      this.#runtime
        .stream(
          post(call, 'converse-stream', body),
          (bytes, errors) => converseEventsOf(bytes, errors, context),
          signal,
        )
        [Symbol.asyncIterator]()
    let events: AsyncIterator<ChatEvent> | undefined
    return {
      next: async () => {
        if (events !== undefined) return events.next()
        events = open(converseRequest(call))
        try {
          return await events.next()
        } catch (error) {
          events = open(repaired(call, error))
          return events.next()
        }
      },
      return: async () => events?.return?.() ?? { done: true, value: undefined },
    }
  }

  #context(call: ChatCall): AnswerContext {
    return {
      id: `chatcmpl-${randomUUID()}`,
      upstreamModel: call.upstreamModel,
      created: Math.floor(this.#clock.now() / 1000),
      toolNames: toolNamesOf(call.request),
      onlyFirstCall: call.request.parallel_tool_calls === false,
      reasoningFormat: bedrockTraits(call.upstreamModel).reasoningFormat,
    }
  }
}

/** A bearer token, else a signature, else nothing: a proxy may sign. */
function credentials(
  options: BedrockOptions,
  clock: Clock,
): Pick<UpstreamHttpOptions, 'headers' | 'sign' | 'signedSecrets'> {
  const { accessKeyId, secretAccessKey, sessionToken, bearerToken, region, headers = {} } = options
  if (bearerToken !== undefined) return { headers: { authorization: `Bearer ${bearerToken}`, ...headers } }
  if (accessKeyId === undefined || secretAccessKey === undefined) return { headers }
  const signedSecrets = sessionToken === undefined ? [] : [sessionToken]
  const sign = awsSigner({ accessKeyId, secretAccessKey, sessionToken }, { region, clock })
  return { headers, sign, signedSecrets }
}

/** AWS has its lists of models at `bedrock.…` beside `bedrock-runtime.…`; whoever stands in for it, at the same address. */
function controlUrlOf(runtimeUrl: string): string {
  return runtimeUrl.replace(/^(https?:\/\/)bedrock-runtime(?=[.-])/, '$1bedrock')
}

function post(
  { upstreamModel }: ChatCall,
  operation: 'converse' | 'converse-stream',
  body: JsonObject,
): UpstreamRequest {
  return {
    method: 'POST',
    path: `/model/${encodeURIComponent(upstreamModel)}/${operation}`,
    body: JSON.stringify(body),
  }
}

function get(path: string): UpstreamRequest {
  return { method: 'GET', path, body: undefined }
}

/** What to send instead of a request that was refused with `error`. Nothing of a refused one is billed. @throws error if nothing. */
function repaired(call: ChatCall, error: unknown): JsonObject {
  const body = refusesThinking(error) ? converseRequest(call, { withoutReasoning: true }) : undefined
  if (body === undefined || JSON.stringify(body) === JSON.stringify(converseRequest(call))) throw error
  return body
}

function idsOf(list: unknown, field: string): readonly string[] {
  const entries: readonly unknown[] = Array.isArray(list) ? list : []
  return entries.flatMap((entry) => {
    const id = isJsonObject(entry) ? entry[field] : undefined
    return typeof id === 'string' ? [id] : []
  })
}
