import { invalid, isJson, type Json } from './gemini-refusal.ts'

const skips = new Set(['skip_thought_signature_validator', 'context_engineering_is_the_way_to_go'])
const issued = 'signed by the reference mind:'

/** A signature that {@link requireTurns} knows again. */
export function signatureOf(text: string): string {
  return Buffer.from(`${issued} ${text}`).toString('base64')
}

/** @throws {GeminiRefusal} where the turns are not such that Google answers them. */
export function requireTurns(contents: readonly Json[], generation: number): void {
  if (contents.length === 0) throw invalid('* GenerateContentRequest.contents: contents is not specified\n')
  for (const [index, turn] of contents.entries()) {
    const path = `* GenerateContentRequest.contents[${index}]`
    if (turn.role !== 'model' && turn.role !== 'user' && turn.role !== undefined) {
      throw invalid('Please use a valid role: user, model.')
    }
    const parts = partsOf(turn)
    if (parts.length === 0) throw invalid(`${path}.parts: contents.parts must not be empty.\n`)
    for (const [place, part] of parts.entries()) requirePart(part, `${path}.parts[${place}]`)
    requireOrder(contents, index)
  }
  if (generation >= 3.5 && contents.at(-1)?.role === 'model') throw invalid('The last turn must not be of the model.')
  if (generation >= 3) requireSignatures(contents)
}

function partsOf(turn: Json | undefined): readonly Json[] {
  return Array.isArray(turn?.parts) ? (turn.parts as readonly Json[]) : []
}

function requirePart(part: Json, path: string): void {
  const { thought: _thought, thoughtSignature: signature, ...data } = part
  const names = Object.keys(data).filter((name) => name !== 'partMetadata' && name !== 'mediaResolution')
  if (names.length !== 1) {
    throw invalid(`${path}.data: required oneof field 'data' must have one initialized field\n`)
  }
  const response = part.functionResponse
  if (isJson(response) && (typeof response.name !== 'string' || response.name === '')) {
    throw invalid(`${path}.function_response.name: Name cannot be empty.\n`)
  }
  const media = part.inlineData
  if (isJson(media) && !/^(image|audio|video|text|application)\/[\w.+-]+$/.test(String(media.mimeType))) {
    throw invalid(`Unsupported MIME type: ${String(media.mimeType)}`)
  }
  if (typeof signature === 'string' && !skips.has(signature) && !isIssued(signature)) {
    throw invalid('Corrupted thought signature.')
  }
}

function isIssued(signature: string): boolean {
  return Buffer.from(signature, 'base64').toString('utf8').startsWith(issued)
}

function requireOrder(contents: readonly Json[], index: number): void {
  const [before, turn] = [contents[index - 1], contents[index]]
  const responses = count(turn, 'functionResponse')
  const callsBefore = count(before, 'functionCall')
  if (count(turn, 'functionCall') > 0 && (before === undefined || before.role === 'model')) {
    throw invalid(
      'Please ensure that function call turn comes immediately after a user turn or after a function response turn.',
    )
  }
  if (responses > 0 && callsBefore === 0) {
    throw invalid('Please ensure that function response turn comes immediately after a function call turn.')
  }
  if (callsBefore !== responses) {
    throw invalid(
      'Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.',
    )
  }
}

function count(turn: Json | undefined, field: string): number {
  return partsOf(turn).filter((part) => part[field] !== undefined).length
}

/** The first call of each step since the user last spoke. */
function requireSignatures(contents: readonly Json[]): void {
  const start = contents.findLastIndex((turn) => turn.role !== 'model' && count(turn, 'functionResponse') === 0)
  for (const [index, turn] of contents.entries()) {
    if (index <= start || turn.role !== 'model') continue
    const first = partsOf(turn).find((part) => part.functionCall !== undefined)
    if (first === undefined || first.thoughtSignature !== undefined) continue
    const name = isJson(first.functionCall) ? String(first.functionCall.name) : ''
    throw invalid(
      `Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly, and missing thought_signature may lead to degraded model performance. Additional data, function call \`default_api:${name}\` , position ${index + 1}. Please refer to https://ai.google.dev/gemini-api/docs/thought-signatures for more details.`,
    )
  }
}

/** @throws {GeminiRefusal} for what the model does not take. */
export function requireThinkingConfig(config: unknown, generation: number, isPro: boolean): void {
  if (!isJson(config)) return
  const { thinkingBudget: budget, thinkingLevel: level } = config
  if (generation < 2.5) throw invalid('thinking_config is not supported.')
  if (budget !== undefined && level !== undefined) {
    throw invalid('You can only set only one of thinking budget and thinking level.')
  }
  if (level !== undefined && generation < 3) throw invalid('Thinking level is not supported for this model.')
  if (level === 'MINIMAL' && (isPro || generation >= 3.7)) {
    throw invalid('Thinking level MINIMAL is not supported for this model. Please retry with other thinking level.')
  }
  if (typeof budget !== 'number' || budget === -1) return
  if (budget === 0 && isPro) throw invalid('Budget 0 is invalid. This model only works in thinking mode.')
  if (budget < 0 || budget > (isPro ? 32_768 : 24_576) || (isPro && budget < 128)) {
    throw invalid(`The thinking budget ${budget} is invalid. Please choose a value in the range of the model.`)
  }
}
