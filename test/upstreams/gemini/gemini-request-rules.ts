import type { ReferenceQuestion } from '../reference-llm.ts'
import { invalid, isJson, type Json } from './gemini-refusal.ts'
import { requireThinkingConfig, requireTurns } from './gemini-turn-rules.ts'

/** What a request asks, beside what it asks the reference mind. */
export interface GeminiQuestion extends ReferenceQuestion {
  readonly includeThoughts: boolean
  readonly candidates: number
  readonly logprobs: number | undefined
  readonly searches: boolean
  readonly systemText: string
}

/**
 * Understands a request, or refuses it as Google does. What is not known of Google's wording is worded plainly.
 *
 * @param generation 2, 2.5, 3, 3.5, …
 * @throws {GeminiRefusal}
 */
export function readGenerateRequest(body: Json, generation: number, isPro: boolean): GeminiQuestion {
  const contents = list(body.contents)
  requireTurns(contents, generation)
  const config = isJson(body.generationConfig) ? body.generationConfig : {}
  const functions = declaredFunctions(body)
  requireConfig(config, functions.length > 0, generation)
  requireThinkingConfig(config.thinkingConfig, generation, isPro)
  const lastUser = contents.findLastIndex((turn) => turn.role !== 'model' && partsOf(turn).some(isSaid))
  const since = contents.slice(lastUser + 1).flatMap(partsOf)
  const asked = partsOf(contents[lastUser] ?? {})
  const thinking = isJson(config.thinkingConfig) ? config.thinkingConfig : {}
  return {
    userText: asked.map((part) => (typeof part.text === 'string' ? part.text : '')).join(''),
    ...calling(body, functions),
    parallel: true,
    toolOutputs: [...asked, ...since].flatMap(outputOf),
    images: asked.filter((part) => mediaType(part).startsWith('image/')).length,
    files: asked.filter((part) => mediaType(part) !== '' && !mediaType(part).startsWith('image/')).length,
    ...schemaOf(config),
    stop: list(config.stopSequences) as readonly never[],
    ...(typeof config.maxOutputTokens === 'number' ? { maxTokens: config.maxOutputTokens } : {}),
    thinks: generation >= 2.5 && thinking.thinkingBudget !== 0,
    promptChars: JSON.stringify(contents).length + JSON.stringify(body.systemInstruction ?? '').length,
    includeThoughts: thinking.includeThoughts === true,
    candidates: typeof config.candidateCount === 'number' ? config.candidateCount : 1,
    logprobs: config.responseLogprobs === true ? Number(config.logprobs ?? 0) : undefined,
    searches: list(body.tools).some((tool) => tool.googleSearch !== undefined),
    systemText: JSON.stringify(body.systemInstruction ?? ''),
  }
}

export function list(value: unknown): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : []
}

export function partsOf(turn: Json): readonly Json[] {
  return list(turn.parts)
}

/** Of a user's own, in difference to what a function responded. */
function isSaid(part: Json): boolean {
  return part.functionResponse === undefined
}

function outputOf(part: Json): readonly string[] {
  const response = isJson(part.functionResponse) ? part.functionResponse.response : undefined
  if (!isJson(response)) return []
  const said = response.output ?? response.error ?? response
  return [typeof said === 'string' ? said : JSON.stringify(said)]
}

function mediaType(part: Json): string {
  const media = isJson(part.inlineData) ? part.inlineData : part.fileData
  if (!isJson(media)) return ''
  return typeof media.mimeType === 'string' ? media.mimeType : 'image/unknown'
}

function declaredFunctions(body: Json): readonly Json[] {
  const functions = list(body.tools).flatMap((tool) => list(tool.functionDeclarations))
  const names = new Set<unknown>()
  for (const [index, declared] of functions.entries()) {
    if (typeof declared.name !== 'string' || !/^[A-Za-z_][\w.:-]{0,127}$/.test(declared.name)) {
      throw invalid(
        `* GenerateContentRequest.tools[0].function_declarations[${index}].name: [FIELD_INVALID] Invalid function name. Must start with a letter or an underscore. Must be alphameric (a-z, A-Z, 0-9), underscores (_), dots (.), colons (:), or dashes (-), with a maximum length of 128.`,
      )
    }
    if (names.has(declared.name)) throw invalid(`Duplicate function declaration found: ${declared.name}`)
    if (declared.parameters !== undefined && declared.parametersJsonSchema !== undefined) {
      throw invalid('parameters and parameters_json_schema are mutually exclusive')
    }
    names.add(declared.name)
  }
  return functions
}

function calling(body: Json, functions: readonly Json[]): Pick<ReferenceQuestion, 'tools' | 'mustCall'> {
  const toolConfig = isJson(body.toolConfig) ? body.toolConfig.functionCallingConfig : undefined
  const names = functions.map((declared) => String(declared.name))
  if (!isJson(toolConfig)) return { tools: names }
  if (names.length === 0) throw invalid('Function calling config is set without function_declarations.')
  const { mode, allowedFunctionNames: allowed } = toolConfig
  if (allowed !== undefined && mode !== 'ANY' && mode !== 'VALIDATED') {
    throw invalid('Allowed function names should only be set when the function calling mode is ANY.')
  }
  const some = Array.isArray(allowed) ? allowed.map(String) : names
  if (some.some((name) => !names.includes(name))) throw invalid('An allowed function name is not declared.')
  if (mode === 'NONE') return { tools: [] }
  return { tools: some, ...(mode === 'ANY' ? { mustCall: true } : {}) }
}

function requireConfig(config: Json, hasFunctions: boolean, generation: number): void {
  const { stopSequences, candidateCount, logprobs, responseLogprobs, responseMimeType } = config
  if (list(stopSequences).length > 5) throw invalid('At most 5 stop sequences may be given.')
  if (candidateCount !== undefined && (Number(candidateCount) < 1 || Number(candidateCount) > 8)) {
    throw invalid('candidate_count must be between 1 and 8')
  }
  if (Number(candidateCount ?? 1) > 1 && generation >= 3) {
    throw invalid('Multiple candidates is not enabled for this model')
  }
  if (logprobs !== undefined && (responseLogprobs !== true || Number(logprobs) < 0 || Number(logprobs) > 20)) {
    throw invalid('logprobs must be between 0 and 20, with response_logprobs set')
  }
  if (generation >= 3.5 && (config.presencePenalty !== undefined || config.frequencyPenalty !== undefined)) {
    throw invalid('Penalty is not enabled for this model')
  }
  if (Number(config.temperature ?? 0) < 0 || Number(config.temperature ?? 0) > 2) {
    throw invalid(
      `* GenerateContentRequest.generation_config.temperature: temperature must be in the range [0.0, 2.0].`,
    )
  }
  if (responseMimeType === 'application/json' && hasFunctions && generation < 3) {
    throw invalid("Function calling with a response mime type: 'application/json' is unsupported")
  }
  if (config.responseJsonSchema !== undefined && responseMimeType !== 'application/json') {
    throw invalid('A response schema needs the response mime type application/json')
  }
}

function schemaOf(config: Json): Pick<ReferenceQuestion, 'schema'> {
  if (config.responseMimeType !== 'application/json') return {}
  return { schema: isJson(config.responseJsonSchema) ? config.responseJsonSchema : true }
}
