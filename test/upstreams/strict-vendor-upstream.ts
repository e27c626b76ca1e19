import type { FixtureAnswer } from './fixture-upstream.ts'
import type { Json } from './openai/openai-refusal.ts'
import { OpenAiRefusal } from './openai/openai-refusal.ts'
import { OpenAiUpstream } from './openai-upstream.ts'

/** What a vendor knows of chat completions, and says to the rest. */
interface VendorRules {
  readonly fields: readonly string[]
  /** Of a message, by its role; a role without an entry is refused. */
  readonly messageFields: Readonly<Record<string, readonly string[]>>
  readonly toolCallId: RegExp
  readonly status: number
  /** Its own names of OpenAI's fields. */
  readonly renamed: Readonly<Record<string, string>>
}

/** From Mistral's OpenAPI document, which forbids what it does not name; ids of tool calls as its error says. */
const mistral: VendorRules = {
  fields: [
    ...['model', 'messages', 'temperature', 'top_p', 'max_tokens', 'stream', 'stop', 'random_seed', 'metadata'],
    ...['response_format', 'tools', 'tool_choice', 'presence_penalty', 'frequency_penalty', 'n', 'prediction'],
    ...['parallel_tool_calls', 'prompt_mode', 'reasoning_effort', 'prompt_cache_key', 'guardrails', 'safe_prompt'],
  ],
  messageFields: {
    system: ['role', 'content'],
    user: ['role', 'content'],
    assistant: ['role', 'content', 'tool_calls', 'prefix'],
    tool: ['role', 'content', 'tool_call_id', 'name'],
  },
  toolCallId: /^[A-Za-z0-9]{9}$/,
  status: 422,
  renamed: { random_seed: 'seed' },
}

/** From Groq's API reference and its page on OpenAI's clients: `logprobs`, `logit_bias`, `top_logprobs` and names are a 400. */
const groq: VendorRules = {
  fields: [
    ...['model', 'messages', 'temperature', 'top_p', 'max_tokens', 'max_completion_tokens', 'stream', 'stop', 'seed'],
    ...['stream_options', 'metadata', 'response_format', 'tools', 'tool_choice', 'presence_penalty', 'store', 'user'],
    ...['frequency_penalty', 'n', 'parallel_tool_calls', 'functions', 'function_call', 'reasoning_effort'],
    ...['reasoning_format', 'include_reasoning', 'service_tier', 'search_settings', 'documents'],
  ],
  messageFields: {
    system: ['role', 'content'],
    user: ['role', 'content'],
    assistant: ['role', 'content', 'tool_calls', 'function_call', 'reasoning'],
    tool: ['role', 'content', 'tool_call_id'],
    function: ['role', 'content', 'name'],
  },
  toolCallId: /./,
  status: 400,
  renamed: {},
}

const rulesOf = { mistral, groq } as const

/** {@link OpenAiUpstream} with the narrower mind of another vendor: fields it does not know are refused, null or not. */
export class StrictVendorUpstream extends OpenAiUpstream {
  readonly #rules: VendorRules

  constructor(vendor: keyof typeof rulesOf, models: readonly string[]) {
    super({ models })
    this.#rules = rulesOf[vendor]
  }

  protected override chat(body: Json): FixtureAnswer {
    const { fields, renamed } = this.#rules
    this.#requireKnown(body, fields, 'body')
    for (const [index, message] of (body.messages as readonly Json[]).entries()) {
      this.#checkMessage(message, `messages.${index}`)
    }
    const inOpenAiWords = Object.entries(body).map(([name, value]) => [renamed[name] ?? name, value] as const)
    return super.chat(Object.fromEntries(inOpenAiWords))
  }

  #checkMessage(message: Json, path: string): void {
    const known = this.#rules.messageFields[String(message.role)]
    if (known === undefined) this.#refuse(`${path}.role`)
    this.#requireKnown(message, known, path)
    const calls = (message.tool_calls ?? []) as readonly Json[]
    for (const id of [...calls.map((call) => call.id), message.tool_call_id ?? 'reference']) {
      if (!this.#rules.toolCallId.test(String(id))) this.#refuse(`${path}.tool_call_id`)
    }
  }

  #requireKnown(object: Json, known: readonly string[], path: string): void {
    for (const name of Object.keys(object)) if (!known.includes(name)) this.#refuse(`${path}.${name}`)
  }

  #refuse(param: string): never {
    throw new OpenAiRefusal(`Extra inputs are not permitted: ${param}`, { status: this.#rules.status, param })
  }
}
