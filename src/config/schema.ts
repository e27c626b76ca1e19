import { z } from 'zod'
import { defaultGatewayOptions } from '../gateway/gateway-options.ts'
import { providerPresets } from '../providers/openai-compatible/presets.ts'
import { defaultExploration } from '../routing/decision/choice.ts'
import { defaultLambda } from '../routing/decision/routing-preference.ts'

const milliseconds = z.int().positive()
const usdPerMillion = z.number().nonnegative()
const unitInterval = z.number().min(0).max(1)

const limitsSchema = z.strictObject({
  max_body_bytes: z
    .int()
    .positive()
    .default(defaultGatewayOptions.maxBodyBytes)
    .describe('Largest request body accepted; larger ones get 413.'),
  max_header_bytes: z
    .int()
    .min(1024)
    .default(defaultGatewayOptions.maxHeaderBytes)
    .describe('Largest request head accepted.'),
  max_concurrent_requests: z
    .int()
    .positive()
    .default(defaultGatewayOptions.maxConcurrentRequests)
    .describe('Requests that call an LLM at the same time; more get 503.'),
  request_timeout_ms: milliseconds
    .default(defaultGatewayOptions.requestTimeoutMs)
    .describe('Time a client has to send its whole request.'),
  max_answer_ms: milliseconds
    .default(defaultGatewayOptions.maxAnswerMs)
    .describe('Longest time one answer may take, streaming included.'),
})

const serverSchema = z.strictObject({
  host: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe('Address to listen on. Beyond loopback every request needs a key.'),
  port: z.int().min(0).max(65_535).default(8400).describe('TCP port; 0 lets the system choose one.'),
  allowed_hosts: z
    .array(z.string().min(1))
    .default([])
    .describe('Names accepted in the Host header beside the loopback names and `host`; with or without a port.'),
  limits: limitsSchema.prefault({}).describe('What one client may ask of the gateway.'),
})

/** Of one provider; every field has its default. */
export const timeoutsSchema = z.strictObject({
  connect_ms: milliseconds.default(5_000).describe('Until the connection stands.'),
  first_token_ms: milliseconds.default(60_000).describe('Until the first content of a streamed answer.'),
  stall_ms: milliseconds.default(60_000).describe('Longest silence inside a streamed answer.'),
  total_ms: milliseconds
    .default(600_000)
    .describe('The whole answer, retries at this provider included. Reasoning LLMs may take minutes.'),
})

const secretReference = z.string().regex(/^(env:|os\.environ\/)[A-Za-z_][A-Za-z0-9_]*$/, {
  // A literal key in the file must not come back in the message.
  error: 'name the environment variable that holds the key, as env:NAME',
})

const providerSchema = z
  .strictObject({
    kind: z
      .enum(['openai-compatible', 'simulated'])
      .default('openai-compatible')
      .describe('openai-compatible: any server that speaks the chat completions API. simulated: the try-out pool.'),
    preset: z
      .enum(providerPresets.map((preset) => preset.name))
      .optional()
      .describe('A known service: brings its base_url and the name of its key variable.'),
    base_url: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe('Where the API lives, version path included, such as https://api.example.com/v1.'),
    api_key: secretReference
      .optional()
      .describe(
        "env:NAME or os.environ/NAME: the environment variable that holds the key, never the key itself. Default: the preset's, such as OPENAI_API_KEY, unless base_url says where to.",
      ),
    headers: z
      .record(z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/), z.string())
      .default({})
      .describe('Sent with every call. A value may be env:NAME.'),
    timeouts: timeoutsSchema.prefault({}).describe('How long this provider may take.'),
  })
  .check((context) => {
    const provider = context.value
    if (provider.kind === 'openai-compatible' && provider.preset === undefined && provider.base_url === undefined) {
      context.issues.push({
        code: 'custom',
        input: provider,
        message: 'needs a preset or a base_url',
      })
    }
    if (provider.kind === 'simulated') {
      for (const key of ['preset', 'base_url', 'api_key'] as const) {
        if (provider[key] !== undefined) {
          context.issues.push({
            code: 'custom',
            input: provider,
            path: [key],
            message: 'a simulated provider has no upstream',
          })
        }
      }
    }
  })

const priceSchema = z.strictObject({
  input: usdPerMillion.describe('Fresh input tokens.'),
  output: usdPerMillion.describe('Output tokens.'),
  cached_input: usdPerMillion.optional().describe("Input read from the provider's prompt cache; default: input."),
  cache_write: usdPerMillion.optional().describe("Input written to the provider's prompt cache; default: input."),
  reasoning: usdPerMillion.optional().describe('Hidden reasoning tokens; default: output.'),
})

const capabilitiesSchema = z.strictObject({
  context_window_tokens: z.int().positive().optional().describe('Prompt and answer together.'),
  max_output_tokens: z.int().positive().optional().describe('Longest answer.'),
  tools: z.boolean().optional().describe('Calls tools.'),
  vision: z.boolean().optional().describe('Takes images.'),
  audio: z.boolean().optional().describe('Takes audio.'),
  files: z.boolean().optional().describe('Takes files.'),
  json_schema: z.boolean().optional().describe('Keeps to a JSON schema.'),
  reasoning: z.boolean().optional().describe('Thinks before it answers.'),
})

const llmSchema = z.strictObject({
  id: z
    .string()
    .regex(/^[^\s,*]+$/, { error: 'an id has no spaces, commas or asterisks' })
    .refine((id) => id !== 'auto' && !id.startsWith('auto:') && !id.startsWith('tag:'), {
      error: 'auto, auto:… and tag:… have a meaning of their own in requests',
    })
    .describe('The name people use in requests; also the key of everything learned about this LLM.'),
  provider: z.string().min(1).describe('An entry of `providers`.'),
  model: z.string().min(1).optional().describe('The name at that provider; default: the id.'),
  price: priceSchema
    .optional()
    .describe('USD per million tokens; overrides the built-in price table. Zero means free.'),
  capabilities: capabilitiesSchema
    .prefault({})
    .describe('Overrides what the built-in table knows. What neither says does not exclude.'),
  tags: z.array(z.string().min(1)).default([]).describe('Free words that allow and deny can name as tag:<word>.'),
  quality: unitInterval
    .optional()
    .describe('Your own estimate of mean answer quality, 0 to 1; used only while nothing is learned.'),
  time_to_first_token_ms: z.number().nonnegative().optional().describe('Starting value of the latency estimate.'),
  tokens_per_second: z.number().positive().optional().describe('Starting value of the speed estimate.'),
})

const explorationSchema = z.strictObject({
  enabled: z.boolean().default(true).describe('Off: always the LLM with the highest utility, and learning starves.'),
  price: z
    .number()
    .nonnegative()
    .default(defaultExploration.price)
    .describe('Most expected utility that one request may give up to learn about the other LLMs.'),
  floor: unitInterval
    .default(defaultExploration.floor)
    .describe('Probability shared equally by all admissible LLMs, so that each has support in the log.'),
})

const routingSchema = z.strictObject({
  lambda: z
    .number()
    .nonnegative()
    .default(defaultLambda)
    .describe('Willingness to pay: quality weighs lambda/(1+lambda), cost 1/(1+lambda). Callers can override it.'),
  time_limit_ms: milliseconds
    .optional()
    .describe('Completion time above which an LLM is penalised, unless the caller gives a limit.'),
  exploration: explorationSchema.prefault({}).describe('How much is spent on learning.'),
  daily_cap_usd: z
    .number()
    .nonnegative()
    .optional()
    .describe('Hard stop on the spend of the whole gateway per UTC day.'),
  starter: z
    .boolean()
    .default(true)
    .describe('Begin with the shipped starter policy where nothing is fitted; false: guess quality from list prices.'),
  seed: z.int().min(0).max(0xffff_ffff).optional().describe('Makes the draws repeatable; default: a fresh seed.'),
})

function checkReferences(config: {
  readonly providers: { readonly [name: string]: unknown }
  readonly llms: readonly { readonly id: string; readonly provider: string }[]
}): { path: (string | number)[]; message: string }[] {
  const problems: { path: (string | number)[]; message: string }[] = []
  const seen = new Set<string>()
  for (const [index, llm] of config.llms.entries()) {
    if (seen.has(llm.id)) problems.push({ path: ['llms', index, 'id'], message: `'${llm.id}' is there twice` })
    seen.add(llm.id)
    if (!Object.hasOwn(config.providers, llm.provider)) {
      problems.push({ path: ['llms', index, 'provider'], message: `there is no provider '${llm.provider}'` })
    }
  }
  return problems
}

/**
 * `pointsman.yaml` as people write it: snake_case, every key optional, unknown keys refused. Source of the JSON schema
 * that editors use.
 */
export const configFileSchema = z
  .strictObject({
    server: serverSchema.prefault({}).describe('The gateway.'),
    database: z
      .string()
      .min(1)
      .optional()
      .describe("The database's file; relative to this file. Default: .pointsman/pointsman.db beside it."),
    providers: z
      .record(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/), providerSchema)
      .default({})
      .describe('Where LLMs are served, by a name of your choice. None: what the environment and this machine offer.'),
    llms: z.array(llmSchema).default([]).describe('The pool, in order.'),
    routing: routingSchema.prefault({}).describe('How an LLM is chosen.'),
    retention_days: z
      .int()
      .positive()
      .default(30)
      .describe('Decisions, settlements and labels older than this are deleted.'),
    log_level: z
      .enum(['silent', 'error', 'warn', 'info', 'debug', 'trace'])
      .default('info')
      .describe('What is logged.'),
  })
  .check((context) => {
    for (const problem of checkReferences(context.value)) {
      context.issues.push({ code: 'custom', input: context.value, ...problem })
    }
  })

/** The parsed file, defaults filled in. */
export type ConfigFile = z.output<typeof configFileSchema>
