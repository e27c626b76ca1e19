import { isJson, type Json, refuse } from './anthropic-refusal.ts'
import type { FixtureModel } from './fixture-models.ts'
import { blocksOf, checkTurns, type ThinkingFault } from './turn-rules.ts'

const fields = new Set([
  'model',
  'max_tokens',
  'messages',
  'system',
  'stream',
  'temperature',
  'top_p',
  'top_k',
  'stop_sequences',
  'tools',
  'tool_choice',
  'thinking',
  'output_config',
  'metadata',
  'service_tier',
  'cache_control',
  'container',
  'inference_geo',
  'speed',
  'diagnostics',
])

const countedFields = new Set([
  'model',
  'messages',
  'system',
  'tools',
  'tool_choice',
  'thinking',
  'output_config',
  'cache_control',
  'speed',
])

/** @throws {AnthropicRefusal} where the API would refuse the request. */
export function checkMessagesRequest(
  body: Json,
  model: FixtureModel,
  thinkingFault: ThinkingFault,
  counting: boolean,
): void {
  const known = counting ? countedFields : fields
  const extra = Object.keys(body).find((name) => !known.has(name))
  if (extra !== undefined) refuse(`${extra}: Extra inputs are not permitted`)
  if (!counting) {
    if (body.max_tokens === undefined) refuse('max_tokens: Field required')
    if (!Number.isInteger(body.max_tokens) || Number(body.max_tokens) < 1) refuse('max_tokens: must be at least 1')
    if (Number(body.max_tokens) > 128_000) refuse('max_tokens: too large for this model')
  }
  checkSystem(body.system)
  checkTurns(body, model.prefill, thinkingFault)
  checkTools(body)
  checkThinking(body, model, counting)
  checkSampling(body, model)
  checkOutputConfig(body, model)
  checkMarks(body)
  const userId = isJson(body.metadata) ? body.metadata.user_id : undefined
  if (typeof userId === 'string' && userId.includes('@')) {
    refuse('metadata.user_id: user_id appears to contain an email address')
  }
}

/** Whether the model thinks before it answers. */
export function thinks({ thinking }: Json, { thinksByDefault }: FixtureModel): boolean {
  if (!isJson(thinking)) return thinksByDefault
  return thinking.type === 'enabled' || thinking.type === 'adaptive'
}

function checkSystem(system: unknown): void {
  if (system === undefined || typeof system === 'string') return
  if (!Array.isArray(system)) refuse('system: Input should be a valid list')
  for (const block of system as readonly unknown[]) {
    if (!isJson(block) || block.type !== 'text') refuse('system: Input should be text')
    if (block.text === '') refuse('system: text content blocks must be non-empty')
  }
}

function checkTools(body: Json): void {
  const tools: readonly unknown[] = Array.isArray(body.tools) ? body.tools : []
  const names = new Set<string>()
  for (const [index, tool] of tools.entries()) {
    if (!isJson(tool)) refuse(`tools.${index}: Input should be an object`)
    const name = String(tool.name)
    if (names.has(name)) refuse('tools: Tool names must be unique.')
    names.add(name)
    if (tool.type !== undefined && tool.type !== 'custom') {
      if (typeof tool.type !== 'string' || !/_\d{8}$/.test(tool.type))
        refuse(`tools.${index}: Input tag is not expected`)
      continue
    }
    if (!/^[a-zA-Z0-9_-]{1,128}$/.test(name)) refuse(`tools.${index}.custom.name: String should match pattern`)
    if (!isJson(tool.input_schema)) refuse(`tools.${index}.custom.input_schema: Field required`)
    if (tool.input_schema.type !== 'object') refuse(`tools.${index}.custom.input_schema.type: Field required`)
  }
  const choice = body.tool_choice
  if (choice === undefined) return
  if (!isJson(choice)) refuse('tool_choice: Input should be an object')
  if (tools.length === 0) refuse('tool_choice: may only be specified while providing tools')
  if (!['auto', 'any', 'tool', 'none'].includes(String(choice.type))) refuse('tool_choice.type: Input is unknown')
  if (choice.type === 'tool' && !names.has(String(choice.name))) refuse(`Tool '${String(choice.name)}' not found`)
}

function checkThinking(body: Json, model: FixtureModel, counting: boolean): void {
  const { thinking, tool_choice: choice, temperature, top_k: topK, top_p: topP } = body
  if (thinking !== undefined) checkThinkingType(body, model, counting)
  const thinking1 = thinks(body, model) || (isJson(thinking) && thinking.type === 'between_tools')
  const forced = isJson(choice) && (choice.type === 'any' || choice.type === 'tool')
  if (forced && (thinking1 || !model.forcedTools))
    refuse('Thinking may not be enabled when tool_choice forces tool use.')
  if (!thinking1) return
  if (temperature !== undefined && temperature !== 1)
    refuse('`temperature` may only be set to 1 when thinking is enabled')
  if (topK !== undefined) refuse('`top_k` must be unset when thinking is enabled')
  if (topP !== undefined && Number(topP) < 0.95) refuse('`top_p` must be at least 0.95 when thinking is enabled')
}

function checkThinkingType(body: Json, model: FixtureModel, counting: boolean): void {
  const { thinking, max_tokens: maxTokens } = body
  if (!isJson(thinking)) refuse('thinking: Input should be an object')
  const { type, budget_tokens: budget } = thinking
  const taken =
    (type === 'enabled' && model.budget) ||
    (type === 'adaptive' && model.adaptive) ||
    (type === model.off && type !== undefined)
  if (!taken) refuse(`"thinking.type.${String(type)}" is not supported for this model.`)
  if (type !== 'enabled') return
  if (typeof budget !== 'number' || budget < 1024) refuse('thinking.enabled.budget_tokens: must be at least 1024')
  if (!counting && budget >= Number(maxTokens)) refuse('`max_tokens` must be greater than `thinking.budget_tokens`.')
  checkThinkingBefore(body.messages as readonly Json[])
}

/**
 * The API asks for thinking before "the lastmost set of `tool_use` and `tool_result` blocks": in the first turn of the assistant
 * since the user last said something. Later steps of the same loop mostly have none.
 */
function checkThinkingBefore(turns: readonly Json[]): void {
  const hasOutput = (turn: Json) => blocksOf(turn, 'messages').some(({ type }) => type === 'tool_result')
  if (!hasOutput(turns.at(-1)!)) return
  let first: Json | undefined
  for (const turn of turns.toReversed()) {
    if (turn.role === 'assistant') first = turn
    else if (!hasOutput(turn)) break
  }
  if (first === undefined || blocksOf(first, 'messages').some(({ type }) => String(type).endsWith('thinking'))) return
  refuse(
    'Expected `thinking` or `redacted_thinking`, but found `tool_use`. When `thinking` is enabled, a final `assistant` message must start with a thinking block (preceeding the lastmost set of `tool_use` and `tool_result` blocks).',
  )
}

function checkSampling(body: Json, { sampling }: FixtureModel): void {
  const { temperature, top_p: topP, top_k: topK, stop_sequences: stops } = body
  for (const [name, value] of Object.entries({ temperature, top_p: topP, top_k: topK })) {
    if (value === undefined) continue
    if (!sampling) refuse(`\`${name}\` is deprecated for this model.`)
    if (typeof value !== 'number' || value < 0) refuse(`${name}: Input should be greater than or equal to 0`)
    if (name !== 'top_k' && value > 1) refuse(`${name}: range: 0..1`)
  }
  if (temperature !== undefined && topP !== undefined) refuse('`temperature` and `top_p` cannot both be specified')
  if (stops === undefined) return
  if (!Array.isArray(stops)) refuse('stop_sequences: Input should be a valid list')
  if (stops.some((stop) => typeof stop !== 'string' || stop.trim() === '')) {
    refuse('stop_sequences: each stop sequence must contain non-whitespace')
  }
}

function checkOutputConfig(body: Json, { efforts }: FixtureModel): void {
  const config = body.output_config
  if (config === undefined) return
  if (!isJson(config)) refuse('output_config: Input should be an object')
  const { effort, format } = config
  if (effort !== undefined && (typeof effort !== 'string' || !efforts.includes(effort))) {
    refuse('output_config.effort: this level is not supported by this model')
  }
  if (
    effort !== undefined &&
    isJson(body.thinking) &&
    body.thinking.type === 'disabled' &&
    (effort === 'xhigh' || effort === 'max')
  ) {
    refuse('thinking cannot be disabled at this effort')
  }
  if (format === undefined) return
  if (!isJson(format) || format.type !== 'json_schema' || !isJson(format.schema)) refuse('output_config.format: bad')
  checkSchema(format.schema)
}

function checkSchema(schema: Json): void {
  if (schema.type === 'object' && schema.additionalProperties !== false) {
    refuse("output_config.format.schema: For 'object' type, 'additionalProperties' must be explicitly set to false")
  }
  const refused = ['minimum', 'maximum', 'maxLength', 'minLength', 'oneOf'].find((name) => name in schema)
  if (refused !== undefined) refuse(`output_config.format.schema: property '${refused}' is not supported`)
  for (const inner of Object.values(isJson(schema.properties) ? schema.properties : {}))
    if (isJson(inner)) checkSchema(inner)
  if (isJson(schema.items)) checkSchema(schema.items)
}

function checkMarks(body: Json): void {
  const marks = JSON.stringify(body).match(/"cache_control":\{/g) ?? []
  if (marks.length > 4) refuse('A maximum of 4 blocks with cache_control may be provided.')
}
