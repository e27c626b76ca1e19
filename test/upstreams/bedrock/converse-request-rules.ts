import { invalid, isJson, type Json } from './bedrock-refusal.ts'
import { checkShape, converseShape } from './converse-shapes.ts'
import { checkText, checkTurns } from './converse-turn-rules.ts'
import type { BedrockModel } from './fixture-models.ts'

/** Whether it is to think before it answers. */
export function thinks(body: Json, { family, thinksByDefault }: BedrockModel): boolean {
  const { thinking, reasoningConfig, reasoning } = additionalOf(body)
  switch (family) {
    case 'claude':
      return isJson(thinking) ? thinking.type !== 'disabled' : thinksByDefault === true
    case 'nova-2':
      return isJson(reasoningConfig) && reasoningConfig.type === 'enabled'
    case 'gpt-oss':
      return true
    case 'openai':
      return !isJson(reasoning) || reasoning.effort !== 'none'
    default:
      return false
  }
}

/** Refuses what the model refuses. */
export function checkConverseRequest(body: Json, model: BedrockModel, known: (proof: string) => boolean): void {
  checkShape(body, converseShape, 'body')
  const system = Array.isArray(body.system) ? (body.system as readonly Json[]) : []
  for (const block of system) if ('text' in block) checkText(block.text, 'system')
  checkTurns(body, model, known)
  checkTools(body, model)
  checkInference(body, model)
  checkAdditional(body, model)
  checkOutput(body, model)
  const metadata = Object.entries(isJson(body.requestMetadata) ? body.requestMetadata : {})
  const isBad = ([key, value]: [string, unknown]) => ![key, value].every((text) => metadataText.test(String(text)))
  if (metadata.length > 16 || metadata.some(isBad)) throw invalid('The requestMetadata is not valid.')
}

const metadataText = /^[a-zA-Z0-9\s:_@$#=/+,\-.]{1,256}$/

export function additionalOf(body: Json): Json {
  return isJson(body.additionalModelRequestFields) ? body.additionalModelRequestFields : {}
}

function checkTools(body: Json, { family }: BedrockModel): void {
  if (!isJson(body.toolConfig)) return
  const entries = body.toolConfig.tools as readonly Json[]
  const specs = entries.flatMap(({ toolSpec }) => (isJson(toolSpec) ? [toolSpec] : []))
  if (specs.length === 0)
    throw invalid(
      "Value at 'toolConfig.tools' failed to satisfy constraint: Member must have length greater than or equal to 1",
    )
  if (specs.length < entries.length && family !== 'claude') throw invalid('Tools cannot be cached with this model.')
  for (const { name, inputSchema, description, strict } of specs) {
    if (!/^[a-zA-Z0-9_-]{1,64}$/.test(String(name))) throw invalid(`The tool name ${String(name)} is not valid.`)
    if (description === '') throw invalid('A description must have length greater than or equal to 1')
    const schema = isJson(inputSchema) ? inputSchema.json : undefined
    if (!isJson(schema) || schema.type !== 'object') {
      throw invalid(
        'The value at toolConfig.tools.0.toolSpec.inputSchema.json.type must be one of the following: object.',
      )
    }
    if (strict === true && family !== 'claude') throw invalid('strict is not supported by this model.')
  }
  const { toolChoice } = body.toolConfig
  const named = isJson(toolChoice) && isJson(toolChoice.tool) ? toolChoice.tool.name : undefined
  if (named !== undefined && !specs.some(({ name }) => name === named)) {
    throw invalid('The tool of toolChoice is not among the tools.')
  }
  const isForced = isJson(toolChoice) && !('auto' in toolChoice)
  const { thinking } = additionalOf(body)
  if (isForced && family === 'claude' && isJson(thinking) && thinking.type !== 'disabled') {
    throw invalid(
      'The model returned the following errors: Thinking may not be enabled when tool_choice forces tool use.',
    )
  }
}

function checkInference(body: Json, { family, sampling }: BedrockModel): void {
  const { temperature, topP, maxTokens, stopSequences } = isJson(body.inferenceConfig) ? body.inferenceConfig : {}
  for (const value of [temperature, topP]) {
    if (typeof value === 'number' && !(value >= 0 && value <= 1)) throw invalid('Member must be between 0 and 1')
  }
  if (typeof maxTokens === 'number' && maxTokens < 1)
    throw invalid('maxTokens: Member must be greater than or equal to 1')
  const stops = Array.isArray(stopSequences) ? (stopSequences as readonly string[]) : []
  if (stops.some((stop) => stop === '' || (family === 'claude' && stop.trim() === ''))) {
    throw invalid(
      'The model returned the following errors: stop_sequences: each stop sequence must contain non-whitespace',
    )
  }
  const { top_k: topK, thinking } = additionalOf(body)
  const said = [temperature, topP, topK].filter((value) => value !== undefined)
  if (sampling === 'none' && said.length > 0)
    throw invalid(
      'The model returned the following errors: `temperature`, `top_p` and `top_k` are not supported for this model.',
    )
  if (sampling === 'one' && temperature !== undefined && topP !== undefined) {
    throw invalid(
      'The model returned the following errors: `temperature` and `top_p` cannot both be specified for this model. Please use only one.',
    )
  }
  if (isJson(thinking) && thinking.type !== 'disabled' && (temperature ?? 1) !== 1) {
    throw invalid(
      'The model returned the following errors: `temperature` may only be set to 1 when thinking is enabled.',
    )
  }
}

const additionalNames: Readonly<Record<BedrockModel['family'], readonly string[]>> = {
  claude: ['thinking', 'top_k'],
  nova: ['inferenceConfig'],
  'nova-2': ['inferenceConfig', 'reasoningConfig'],
  'gpt-oss': ['reasoning_effort'],
  openai: ['reasoning'],
  other: [],
}

function checkAdditional(body: Json, model: BedrockModel): void {
  const fields = additionalOf(body)
  const { family } = model
  const unknown = Object.keys(fields).find((name) => !additionalNames[family].includes(name))
  if (unknown !== undefined) {
    throw invalid(
      `The model returned the following errors: Malformed input request: #: extraneous key [${unknown}] is not permitted, please reformat your input and try again.`,
    )
  }
  if (isJson(fields.thinking)) checkThinking(fields.thinking, body, model)
  const steps = family === 'openai' ? ['none', 'low', 'medium', 'high', 'xhigh', 'max'] : ['low', 'medium', 'high']
  const effort = fields.reasoning_effort ?? (isJson(fields.reasoning) ? fields.reasoning.effort : undefined)
  if (effort !== undefined && !steps.some((step) => step === effort)) throw invalid('Unsupported value of effort')
  if (!isJson(fields.reasoningConfig) || fields.reasoningConfig.type !== 'enabled') return
  if (!['low', 'medium', 'high'].includes(String(fields.reasoningConfig.maxReasoningEffort)))
    throw invalid('maxReasoningEffort is not valid.')
  const inference = isJson(body.inferenceConfig) ? body.inferenceConfig : {}
  const clashes = ['temperature', 'topP', 'maxTokens'].some((name) => inference[name] !== undefined)
  if (fields.reasoningConfig.maxReasoningEffort === 'high' && clashes) {
    throw invalid('temperature, topP and maxTokens must not be set with maxReasoningEffort high.')
  }
}

function checkThinking(
  { type, budget_tokens: budget }: Json,
  body: Json,
  { budget: byBudget, adaptive }: BedrockModel,
): void {
  if (type === 'disabled') return
  if (type === 'adaptive' && adaptive === true && budget === undefined) return
  if (type !== 'enabled' || byBudget !== true)
    throw invalid(
      `The model returned the following errors: thinking.type.${String(type)} is not supported by this model.`,
    )
  const { maxTokens } = isJson(body.inferenceConfig) ? body.inferenceConfig : {}
  if (typeof budget !== 'number' || budget < 1024)
    throw invalid(
      'The model returned the following errors: thinking.enabled.budget_tokens: Input should be greater than or equal to 1024',
    )
  if (typeof maxTokens !== 'number' || maxTokens <= budget)
    throw invalid(
      'The model returned the following errors: `max_tokens` must be greater than `thinking.budget_tokens`.',
    )
}

function checkOutput(body: Json, { efforts }: BedrockModel): void {
  const { effort, textFormat } = isJson(body.outputConfig) ? body.outputConfig : {}
  if (effort !== undefined && !efforts.some((step) => step === effort))
    throw invalid('The model returned the following errors: effort is not supported by this model.')
  if (textFormat !== undefined) checkClosed(schemaOf(body))
}

/** The schema the answer has to keep to. */
export function schemaOf({ outputConfig }: Json): Json | undefined {
  const format = isJson(outputConfig) && isJson(outputConfig.textFormat) ? outputConfig.textFormat : {}
  const held = isJson(format.structure) && isJson(format.structure.jsonSchema) ? format.structure.jsonSchema : {}
  if (typeof held.schema !== 'string') return undefined
  try {
    return JSON.parse(held.schema) as Json
  } catch {
    throw invalid('The schema is not valid JSON.')
  }
}

function checkClosed(schema: unknown): void {
  if (typeof schema !== 'object' || schema === null) return
  if (isJson(schema) && schema.type === 'object' && schema.additionalProperties !== false) {
    throw invalid("For 'object' type, 'additionalProperties' must be explicitly set to false.")
  }
  for (const inner of Object.values(schema)) checkClosed(inner)
}
