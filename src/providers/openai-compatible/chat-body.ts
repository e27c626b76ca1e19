import { type ChatCall, isJsonObject, type JsonObject } from '../chat-provider.ts'
import { effortOfThinking } from '../neutral/effort-of-thinking.ts'
import { type ParameterColumn, type ParameterName, parameterNames } from '../parameters/parameter.ts'
import { saysNothing } from '../parameters/request-parameters.ts'
import { MessageMender } from './chat-messages.ts'
import type { OpenAiDialect } from './openai-dialect.ts'

/** Fields of a chat request; what else a request of another API brings means nothing in this one. */
const knownFields: ReadonlySet<string> = new Set([
  ...parameterNames.filter((name) => !name.includes(':')),
  ...['messages', 'tools', 'max_completion_tokens', 'response_format', 'modalities', 'audio', 'function_call'],
  ...['stream_options', 'prompt_cache_retention'],
])

/** Writes the bodies of `POST /chat/completions` for one upstream; what depends on its dialect alone is worked out once. */
export class ChatBodyWriter {
  readonly #dialect: OpenAiDialect
  readonly #mender: MessageMender | undefined
  /** For requests that came in another dialect, whatever is known of the upstream. */
  readonly #foreignMender: MessageMender
  readonly #renamed: readonly (readonly [string, string])[]
  readonly #dropped: {
    readonly plain: readonly string[]
    readonly reasoning: readonly string[]
    /** Of models that reason, told not to. */
    readonly unthinking: readonly string[]
    readonly unknown: readonly string[]
  }
  /** Fields that some model of the upstream refuses, and perhaps also where they say nothing: `logprobs: false`. */
  readonly #refused: readonly string[]

  constructor(dialect: OpenAiDialect) {
    this.#dialect = dialect
    this.#mender = dialect.messages === undefined ? undefined : new MessageMender(dialect.messages)
    this.#foreignMender = this.#mender ?? new MessageMender({ keeps: [] })
    this.#renamed = Object.entries(dialect.renamed ?? {})
    const plain = droppedFields(dialect.parameters)
    const reasoning = dialect.reasoningParameters === undefined ? plain : droppedFields(dialect.reasoningParameters)
    this.#dropped = {
      plain,
      reasoning,
      unthinking: reasoning.filter((name) => dialect.takenUnthinking?.includes(name as ParameterName) !== true),
      // Where it is not known whether the model reasons, what only those take is sent if asked for.
      unknown: plain.filter((name) => dialect.reasoningParameters?.[name as 'verbosity'] !== 'passed'),
    }
    this.#refused = [...new Set([...refusedFields(dialect.parameters), ...refusedFields(dialect.reasoningParameters)])]
  }

  /** Of models that are known to reason: to others an effort may be an error. */
  get #thinkingIsEffort(): boolean {
    const { reasoningParameters, thinkingAsReasoning } = this.#dialect
    return thinkingAsReasoning !== true && reasoningParameters?.thinking === 'translated'
  }

  /** A fresh object, its values shared with the request. */
  bodyOf(call: ChatCall, stream: boolean): JsonObject {
    const body: JsonObject = { ...call.request, model: call.upstreamModel, stream }
    if (call.reasoningEffort !== undefined) body.reasoning_effort = call.reasoningEffort
    const mender = call.native === undefined ? this.#mender : this.#foreignMender
    if (mender !== undefined) {
      body.messages = mender.messages(call.request.messages)
      if (body.tools !== undefined) body.tools = mender.tools(body.tools)
    }
    if (call.native !== undefined) this.#dropForeign(body)
    if (body.thinking !== undefined && this.#dialect.thinkingAsReasoning === true) translateThinking(body)
    if (body.thinking !== undefined && call.reasons === true && this.#thinkingIsEffort) sayAsEffort(body, call)
    for (const name of this.#droppedOf(call, body)) if (body[name] !== undefined) delete body[name]
    // Where they say something the LLM may not be called at all.
    for (const name of this.#refused) if (body[name] !== undefined && saysNothing(name, body[name])) delete body[name]
    for (const [name, own] of this.#renamed) {
      if (body[name] === undefined) continue
      body[own] = body[name]
      delete body[name]
    }
    const { outputCapParameter, refusesStreamOptions } = this.#dialect
    if (outputCapParameter !== undefined) renameOutputCap(body, outputCapParameter)
    if (refusesStreamOptions === true || !stream) delete body.stream_options
    else
      body.stream_options = { ...(isJsonObject(body.stream_options) ? body.stream_options : {}), include_usage: true }
    return body
  }

  /** OpenAI's reasoning models sample as others do when they are told not to reason. */
  #droppedOf({ reasons }: ChatCall, body: JsonObject): readonly string[] {
    if (reasons === undefined) return this.#dropped.unknown
    if (!reasons) return this.#dropped.plain
    return body.reasoning_effort === 'none' ? this.#dropped.unthinking : this.#dropped.reasoning
  }

  #dropForeign(body: JsonObject): void {
    for (const name of Object.keys(body)) {
      if (!knownFields.has(name) && name !== 'model' && name !== 'stream') delete body[name]
    }
    // Anthropic's, with a budget, unless the upstream is known to take it.
    if (this.#dialect.parameters === undefined) delete body.thinking
  }
}

/** Fields at the top of a request that go without a word; those in messages are the mender's. */
function droppedFields(column: ParameterColumn | undefined): readonly string[] {
  if (column === undefined) return []
  return parameterNames.filter((name) => column[name] === 'dropped' && !name.includes(':'))
}

/** Fields behind names of the table that are not a field's own, or that mean nothing without it. */
const fieldsOf: Readonly<Partial<Record<ParameterName, readonly string[]>>> = {
  functions: ['functions', 'function_call'],
  'modalities:audio': ['modalities', 'audio'],
}

function refusedFields(column: ParameterColumn | undefined): readonly string[] {
  if (column === undefined) return []
  return parameterNames
    .filter((name) => column[name] === 'refused')
    .flatMap((name) => fieldsOf[name] ?? (name.includes(':') ? [] : [name]))
}

/** Unless the caller said an effort too, which is for thinking that is not switched off. */
function sayAsEffort(body: JsonObject, { upstreamModel, reasoningEffort: own }: ChatCall): void {
  const effort = effortOfThinking(body.thinking, upstreamModel)
  delete body.thinking
  if (effort === 'none' && own === undefined) body.reasoning_effort = effort
  else if (effort !== undefined) body.reasoning_effort ??= effort
}

/** OpenRouter's own field, unless the caller gave it. */
function translateThinking(body: JsonObject): void {
  const { thinking } = body
  delete body.thinking
  if (!isJsonObject(thinking) || body.reasoning !== undefined || body.reasoning_effort !== undefined) return
  const { type, budget_tokens: budget } = thinking
  if (type === 'disabled') body.reasoning = { enabled: false }
  else body.reasoning = typeof budget === 'number' ? { max_tokens: budget } : { enabled: true }
}

/** With both names given, the tighter cap: the looser one could cost more than the caller allowed. */
function renameOutputCap(body: JsonObject, name: 'max_tokens' | 'max_completion_tokens'): void {
  const other = name === 'max_tokens' ? 'max_completion_tokens' : 'max_tokens'
  if (body[other] === undefined) return
  const [own, renamed] = [body[name], body[other]]
  body[name] = typeof own === 'number' && typeof renamed === 'number' ? Math.min(own, renamed) : (own ?? renamed)
  delete body[other]
}
