import { isJsonObject, type JsonObject } from '../chat-provider.ts'
import { type ClaudeTraits, isKnownEffort, nearestEffort } from './claude-traits.ts'

/** The API's least budget of thinking. */
const minBudgetTokens = 1024

/** Budgets of models that know no effort, by the effort asked for: ours, the API gives none. */
const budgetByEffort: { readonly [effort: string]: number } = {
  minimal: 1024,
  low: 2048,
  medium: 8192,
  high: 16_384,
  xhigh: 24_576,
  max: 24_576,
}

/**
 * A Messages request as this model takes it: what it would refuse outright, and what it says in other words.
 *
 * - `temperature`, `top_p`, `top_k` where the model has them; not while it thinks.
 * - Turns of the role `system`, for models that know none, as further blocks of the system prompt.
 * - Thinking by budget or adaptively, as the model has it; off where it cannot be had.
 * - `output_config.effort` at the nearest step the model has.
 * - A forced tool choice where the model takes it, with thinking off if the request did not ask for thinking itself; else the
 *   choice is free, among the tool it named. With thinking asked for the choice is free too: the API refuses both together.
 *
 * A request that fits already comes out equal, so that what its caller cached upstream stays valid.
 *
 * @param effort replaces the request's own effort and thinking; undefined: as the request says.
 * @param interleaved whether it may think between calls of tools, where its budget may exceed the cap on one answer.
 */
export function fitToModel(
  request: JsonObject,
  traits: ClaudeTraits,
  effort: string | undefined,
  interleaved = false,
): JsonObject {
  const body = { ...request }
  const asked = isJsonObject(body.thinking) ? body.thinking : undefined
  if (effort !== undefined) setEffort(body, traits, effort)
  else if (asked !== undefined) setThinking(body, traits, asked)
  fitEffort(body, traits)
  fitToolChoice(body, traits, effort === undefined && asked !== undefined)
  fitBudget(body, traits, interleaved)
  fitSampling(body, traits)
  fitSystemTurns(body, traits)
  return body
}

/**
 * A request with an effort and nothing else fitted, for models whose traits are a guess.
 *
 * @param effort as of {@link fitToModel}.
 */
export function withEffortOnly(request: JsonObject, traits: ClaudeTraits, effort: string): JsonObject {
  const body = { ...request }
  setEffort(body, traits, effort)
  fitBudget(body, traits, false)
  return body
}

/** A request that does not think by budget where its history does not allow it; the same object where nothing is to change. */
export function fitThinkingToHistory(request: JsonObject, traits: ClaudeTraits): JsonObject {
  const body = { ...request }
  fitBudget(body, traits, true)
  return body.thinking === request.thinking ? request : body
}

/** Says an effort in the model's terms: a step, adaptive thinking, a budget, or thinking off. Unknown words say nothing. */
function setEffort(body: JsonObject, traits: ClaudeTraits, effort: string): void {
  if (effort !== 'none' && !Object.hasOwn(budgetByEffort, effort)) return
  delete body.thinking
  if (effort === 'none') {
    // What always thinks can at least think little.
    if (traits.thinkingOff === undefined && traits.thinksByDefault) body.output_config = withEffort(body, 'low')
    else turnOff(body, traits)
    return
  }
  if (traits.efforts.length > 0) body.output_config = withEffort(body, effort)
  if (traits.adaptiveThinking) body.thinking = { type: 'adaptive' }
  else if (traits.thinkingBudget) {
    body.thinking = { type: 'enabled', budget_tokens: budgetByEffort[effort] ?? budgetByEffort.medium }
  }
}

function withEffort(body: JsonObject, effort: string): JsonObject {
  return { ...(isJsonObject(body.output_config) ? body.output_config : {}), effort }
}

/** The request's own wish for thinking in the model's terms. */
function setThinking(body: JsonObject, traits: ClaudeTraits, asked: JsonObject): void {
  const { type, budget_tokens: budget, ...rest } = asked
  if (type === 'disabled' || type === 'between_tools') {
    delete body.thinking
    turnOff(body, traits, type)
  } else if (type === 'enabled' && !traits.thinkingBudget) {
    if (traits.adaptiveThinking) body.thinking = { ...rest, type: 'adaptive' }
    else delete body.thinking
  } else if (type === 'adaptive' && !traits.adaptiveThinking) {
    if (traits.thinkingBudget) body.thinking = { ...rest, type: 'enabled', budget_tokens: budgetByEffort.medium }
    else delete body.thinking
  } else if (budget !== undefined && type === 'adaptive') {
    body.thinking = { ...rest, type }
  }
}

/** Says so only where it differs from saying nothing, or was said. */
function turnOff(body: JsonObject, traits: ClaudeTraits, asked?: string): void {
  const { thinkingOff, thinksByDefault } = traits
  if (thinkingOff !== undefined && (thinksByDefault || asked === thinkingOff)) body.thinking = { type: thinkingOff }
}

function fitEffort(body: JsonObject, traits: ClaudeTraits): void {
  const config = body.output_config
  if (!isJsonObject(config) || typeof config.effort !== 'string') return
  const { effort: asked, ...rest } = config
  // A word newer than this table: the API may know it.
  if (traits.efforts.length > 0 && !isKnownEffort(asked as string)) return
  // Opus 5 refuses thinking off above this step.
  const cap = isJsonObject(body.thinking) && body.thinking.type === 'disabled' && traits.efforts.includes('xhigh')
  const effort = nearestEffort(asked as string, cap ? ['low', 'medium', 'high'] : traits.efforts)
  if (effort === asked && traits.efforts.length > 0) return
  if (effort !== undefined && traits.efforts.length > 0) body.output_config = { ...rest, effort }
  else if (Object.keys(rest).length > 0) body.output_config = rest
  else delete body.output_config
}

function fitToolChoice(body: JsonObject, traits: ClaudeTraits, thinkingAsked: boolean): void {
  const choice = body.tool_choice
  if (!isJsonObject(choice) || (choice.type !== 'any' && choice.type !== 'tool')) return
  if (!isThinking(body, traits)) return
  if (traits.forcedToolChoice && !thinkingAsked) {
    delete body.thinking
    turnOff(body, traits)
    fitEffort(body, traits)
    return
  }
  const { type, name, ...rest } = choice
  body.tool_choice = { ...rest, type: 'auto' }
  if (type !== 'tool' || !Array.isArray(body.tools)) return
  const named = body.tools.filter((tool: unknown) => isJsonObject(tool) && tool.name === name)
  if (named.length > 0) body.tools = named
}

/** A budget below the cap of the whole answer, which counts thinking too; no thinking where it has no room or no right. */
function fitBudget(body: JsonObject, traits: ClaudeTraits, interleaved: boolean): void {
  const { thinking, max_tokens: cap } = body
  if (!isJsonObject(thinking) || thinking.type !== 'enabled') return
  const budget = thinking.budget_tokens
  const fits = interleaved || typeof budget !== 'number' || typeof cap !== 'number' || budget < cap
  const begunWithout = goesOnWithoutThinking(body.messages)
  if (fits && !begunWithout) return
  const room = Math.floor(Number(cap) / 2)
  if (!begunWithout && room >= minBudgetTokens) {
    body.thinking = { ...thinking, budget_tokens: room }
    return
  }
  delete body.thinking
  turnOff(body, traits)
}

/**
 * Whether the turn that is to go on, calling tools step by step since the user last spoke, began without thinking: another LLM
 * began it, or the history lost it. With thinking by budget the API refuses that; adaptive thinking has no such rule. Only the
 * first step counts, and there any place: Claude mostly thinks once before the first call, and not again between outputs.
 */
function goesOnWithoutThinking(messages: unknown): boolean {
  if (!Array.isArray(messages) || !isToolOutput(messages.at(-1))) return false
  const asked = messages.findLastIndex(
    (turn: unknown) => isJsonObject(turn) && turn.role === 'user' && !isToolOutput(turn),
  )
  const first: unknown = messages
    .slice(asked + 1)
    .find((turn: unknown) => isJsonObject(turn) && turn.role === 'assistant')
  if (!isJsonObject(first) || !Array.isArray(first.content)) return false
  return !first.content.some(
    (block: unknown) => isJsonObject(block) && (block.type === 'thinking' || block.type === 'redacted_thinking'),
  )
}

function isToolOutput(turn: unknown): boolean {
  if (!isJsonObject(turn) || turn.role !== 'user' || !Array.isArray(turn.content)) return false
  return turn.content.some((block: unknown) => isJsonObject(block) && block.type === 'tool_result')
}

function fitSampling(body: JsonObject, traits: ClaudeTraits): void {
  const thinks = isThinking(body, traits)
  if (traits.sampling === 'none' || thinks) {
    delete body.temperature
    delete body.top_k
    // While thinking, the API takes `top_p` from .95 to 1 only.
    if (traits.sampling === 'none' || !(typeof body.top_p === 'number' && body.top_p >= 0.95)) delete body.top_p
    return
  }
  if (traits.sampling === 'one' && body.temperature !== undefined) delete body.top_p
}

function isThinking(body: JsonObject, traits: ClaudeTraits): boolean {
  if (!isJsonObject(body.thinking)) return traits.thinksByDefault
  const { type } = body.thinking
  return type === 'enabled' || type === 'adaptive' || type === 'between_tools'
}

function fitSystemTurns(body: JsonObject, traits: ClaudeTraits): void {
  const { messages, system } = body
  if (traits.systemTurns || !Array.isArray(messages)) return
  const later = messages.filter((turn: unknown) => isJsonObject(turn) && turn.role === 'system') as JsonObject[]
  if (later.length === 0) return
  body.system = [...textBlocks(system), ...later.flatMap((turn) => textBlocks(turn.content))]
  body.messages = messages.filter((turn: unknown) => !isJsonObject(turn) || turn.role !== 'system')
}

function textBlocks(content: unknown): readonly unknown[] {
  if (Array.isArray(content)) return content
  return typeof content === 'string' && content !== '' ? [{ type: 'text', text: content }] : []
}
