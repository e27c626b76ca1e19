import { z } from 'zod'
import { defaultGatewayOptions } from '../gateway/gateway-options.ts'
import { defaultExploration } from '../routing/decision/choice.ts'
import { parseModelPreference } from '../routing/decision/parse-preference.ts'
import { defaultLambda } from '../routing/decision/routing-preference.ts'
import { reasoningEfforts } from '../routing/registry/reasoning-effort.ts'
import { highestUsdPerMillionTokens } from '../routing/registry/token-price.ts'
import { budgetsSchema, teamsSchema } from './budgets-schema.ts'
import { feedbackSchema } from './feedback-schema.ts'
import { gradingSchema, judgeSchema } from './grading-schema.ts'
import { probingSchema } from './probing-schema.ts'
import { promotionSchema } from './promotion-schema.ts'
import { providerSchema, secretReference } from './provider-schema.ts'
import { trainingSchema } from './training-schema.ts'

const milliseconds = z.int().positive()
const usdPerMillion = z.number().nonnegative().max(highestUsdPerMillionTokens)
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
  master_key: secretReference
    .optional()
    .describe(
      'env:NAME of a secret that counts as a key with every scope, beside the keys issued. With it every request needs a key.',
    ),
  model_key_variables: z
    .array(
      z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, { error: 'the name of an environment variable, such as TEAM_KEY' }),
    )
    .default([])
    .describe(
      'Environment variables that models added by POST /model/new may name, whatever their address. A vendor’s own key variable may always be named for the vendor’s own address.',
    ),
  limits: limitsSchema.prefault({}).describe('What one client may ask of the gateway.'),
})

const rates = {
  input: usdPerMillion.describe('Fresh input tokens.'),
  output: usdPerMillion.describe('Output tokens.'),
  cached_input: usdPerMillion.optional().describe("Input read from the provider's prompt cache; default: input."),
  cache_write: usdPerMillion.optional().describe("Input written to the provider's prompt cache; default: input."),
  cache_write_1h: usdPerMillion
    .optional()
    .describe('The same where it is kept for an hour. Without it the bill of such an answer is not known.'),
  reasoning: usdPerMillion.optional().describe('Hidden reasoning tokens; default: output.'),
  audio_input: usdPerMillion
    .optional()
    .describe('Spoken input. Without it the bill of an answer to speech is not known.'),
  cached_audio_input: usdPerMillion.optional().describe('Spoken input read from the cache; the same.'),
  audio_output: usdPerMillion.optional().describe('Spoken output; the same.'),
}

/** `price` of an LLM. */
export const priceSchema = z.strictObject({
  ...rates,
  tiers: z
    .array(
      z.strictObject({
        above_input_tokens: z.int().positive().describe('Counts for requests with more input tokens than this.'),
        ...rates,
      }),
    )
    .refine((tiers) => new Set(tiers.map((tier) => tier.above_input_tokens)).size === tiers.length, {
      error: 'two tiers begin at the same above_input_tokens',
    })
    .optional()
    .describe('Prices of long prompts, for all tokens of the request. Each is a whole list, with the same defaults.'),
})

const capabilitiesSchema = z.strictObject({
  context_window_tokens: z.int().positive().optional().describe('Prompt and answer together.'),
  max_output_tokens: z.int().positive().optional().describe('Longest answer.'),
  tools: z.boolean().optional().describe('Calls tools.'),
  vision: z.boolean().optional().describe('Takes images.'),
  audio: z.boolean().optional().describe('Takes audio.'),
  files: z.boolean().optional().describe('Takes files.'),
  json_schema: z.boolean().optional().describe('Keeps to a JSON schema.'),
  reasoning: z.boolean().optional().describe('Can think before it answers.'),
  reasons_unasked: z.boolean().optional().describe('Thinks even where the request says nothing of it.'),
})

const idSchema = z
  .string()
  .regex(/^[^\s,*]+$/, { error: 'an id has no spaces, commas or asterisks' })
  .refine((id) => !isReserved(id), { error: 'auto, auto:… and tag:… have a meaning of their own in requests' })

function isReserved(name: string): boolean {
  return name === 'auto' || name.startsWith('auto:') || name.startsWith('tag:')
}

const effortSchema = z.enum(reasoningEfforts)

/** An entry of `llms`. */
export const llmSchema = z.strictObject({
  id: idSchema.describe('The name people use in requests; also the key of everything learned about this LLM.'),
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
  reasoning_effort: effortSchema
    .optional()
    .describe('How hard it thinks, whoever asks. Requests that ask for another effort go to other LLMs.'),
  efforts: z
    .array(effortSchema)
    .min(1)
    .optional()
    .describe(
      'One LLM for each, named <id>@<effort>: the router learns what each effort is worth. The id alone is then no LLM; an alias can make it one.',
    ),
  fallbacks: z
    .array(z.string().min(1))
    .max(10)
    .optional()
    .describe(
      'LLMs to try in this order where a request names this one and it fails before its first content. Default: none, what is named serves or fails.',
    ),
})

const aliasSchema = z.union(
  [
    z.string().min(1),
    z.strictObject({
      model: z.string().min(1).default('auto').describe('A form of auto.'),
      allow: z.array(z.string().min(1)).min(1).describe('Among which LLMs: ids with *, or tag:<word>.'),
    }),
  ],
  { error: 'an alias stands for an LLM or a form of auto, or is { model: auto, allow: [LLMs] }' },
)

const embeddingSchema = z.strictObject({
  id: idSchema.describe('The name people use in requests to /v1/embeddings.'),
  provider: z.string().min(1).describe('An entry of `providers`.'),
  model: z.string().min(1).optional().describe('The name at that provider; default: the id.'),
  price: z
    .strictObject({ input: usdPerMillion.describe('Input tokens.') })
    .optional()
    .describe('USD per million tokens; overrides the built-in price table. Zero means free.'),
  dimensions: z
    .int()
    .positive()
    .optional()
    .describe("Length of the vectors where the request does not say; default: the model's own."),
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

interface References {
  readonly providers: { readonly [name: string]: unknown }
  readonly llms: readonly z.output<typeof llmSchema>[]
  readonly embeddings: readonly z.output<typeof embeddingSchema>[]
  readonly aliases: { readonly [name: string]: z.output<typeof aliasSchema> }
  readonly judge?: z.output<typeof judgeSchema> | undefined
}

interface ReferenceFault {
  readonly path: (string | number)[]
  readonly message: string
}

/** The ids an entry of `llms` brings: its own, or one per effort. */
export function llmIdsOf({ id, efforts }: Pick<References['llms'][number], 'id' | 'efforts'>): readonly string[] {
  return efforts === undefined ? [id] : efforts.map((effort) => `${id}@${effort}`)
}

function checkReferences(config: References): readonly ReferenceFault[] {
  const faults: ReferenceFault[] = []
  const seen = new Set<string>()
  const take = (id: string, path: ReferenceFault['path']): void => {
    if (seen.has(id)) faults.push({ path, message: `'${id}' is there twice` })
    seen.add(id)
  }
  for (const [list, entries] of [
    ['llms', config.llms],
    ['embeddings', config.embeddings],
  ] as const) {
    for (const [index, entry] of entries.entries()) {
      const ids = 'efforts' in entry ? llmIdsOf(entry) : [entry.id]
      for (const id of ids) take(id, [list, index, 'id'])
      if (Object.hasOwn(config.providers, entry.provider)) continue
      faults.push({ path: [list, index, 'provider'], message: `there is no provider '${entry.provider}'` })
    }
  }
  for (const [index, { reasoning_effort: effort, efforts }] of config.llms.entries()) {
    if (effort === undefined || efforts === undefined) continue
    faults.push({ path: ['llms', index, 'efforts'], message: 'there is a reasoning_effort already; say one of them' })
  }
  return [...faults, ...fallbackFaults(config), ...aliasFaults(config), ...judgeFaults(config)]
}

function fallbackFaults({ llms }: References): readonly ReferenceFault[] {
  const ids = new Set(llms.flatMap(llmIdsOf))
  return llms.flatMap(({ id: own, efforts, fallbacks = [] }, index) =>
    fallbacks.flatMap((id, place): ReferenceFault[] => {
      const path = ['llms', index, 'fallbacks', place]
      if (efforts === undefined && id === own) return [{ path, message: 'an LLM is no fallback of its own' }]
      return ids.has(id) ? [] : [{ path, message: `'${id}' is no LLM of llms` }]
    }),
  )
}

/** Without llms the pool is what is found at the start, and the judge may be found. */
function judgeFaults({ llms, judge }: References): readonly ReferenceFault[] {
  if (judge === undefined || llms.length === 0 || llms.flatMap(llmIdsOf).includes(judge.llm)) return []
  return [{ path: ['judge', 'llm'], message: `'${judge.llm}' is no LLM of llms` }]
}

function aliasFaults({ llms, embeddings, aliases }: References): readonly ReferenceFault[] {
  const ids = new Set(llms.flatMap(llmIdsOf))
  const embeddingIds = new Set(embeddings.map(({ id }) => id))
  return Object.entries(aliases).flatMap(([name, target]): ReferenceFault[] => {
    const path = ['aliases', name]
    if (isReserved(name)) return [{ path, message: 'auto, auto:… and tag:… have a meaning of their own in requests' }]
    if (ids.has(name)) return [{ path, message: 'an LLM has this name already' }]
    if (embeddingIds.has(name)) return [{ path, message: 'a model of embeddings has this name already' }]
    if (typeof target !== 'string') {
      if (isAutoForm(target.model)) return []
      return [
        { path: [...path, 'model'], message: `'${target.model}' is no form of auto, which a choice among LLMs takes` },
      ]
    }
    if (isAutoForm(target) || ids.has(target)) return []
    // Without llms the pool is what is found at the start, and the target may be found.
    if (llms.length === 0 && !isReserved(target)) return []
    return [{ path, message: `'${target}' is no LLM of llms and no form of auto` }]
  })
}

function isAutoForm(target: string): boolean {
  try {
    return parseModelPreference(target) !== undefined
  } catch {
    return false
  }
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
    embeddings: z.array(embeddingSchema).default([]).describe('What /v1/embeddings serves.'),
    aliases: z
      .record(z.string().regex(/^[^\s,*]+\*?$|^\*$/), aliasSchema)
      .default({})
      .describe(
        'Other names that requests may use, for clients with fixed ones: gpt-4o: auto, claude-*: auto:quality. The value is an LLM of the pool, a form of auto, or { allow: [LLMs] } for a choice among some; a name may end in *.',
      ),
    routing: routingSchema.prefault({}).describe('How an LLM is chosen.'),
    teams: teamsSchema.default({}).describe('Teams that keys belong to, and what they may spend together.'),
    budgets: budgetsSchema.prefault({}).describe('How daily caps are kept.'),
    feedback: feedbackSchema.prefault({}).describe('What is said of answers, and how much it counts for.'),
    probing: probingSchema.prefault({}).describe('How LLMs that nobody has seen are tried out before they serve.'),
    training: trainingSchema.prefault({}).describe('When the policy is fitted anew from the log.'),
    promotion: promotionSchema.prefault({}).describe('How a policy version proves itself before it serves.'),
    grading: gradingSchema.prefault({}).describe('How answers are graded.'),
    judge: judgeSchema
      .optional()
      .describe('An LLM that judges answers: of probes that ask for it, and of a share of live traffic.'),
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
