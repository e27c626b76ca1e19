import { claudeTraits } from '../anthropic/claude-traits.ts'
import { fitToModel } from '../anthropic/messages-model-fit.ts'
import { type ChatCall, isJsonObject, type JsonObject } from '../chat-provider.ts'
import { outputCap } from '../neutral/output-cap.ts'
import type { BedrockTraits } from './bedrock-model.ts'
import type { Turn } from './converse-history.ts'
import type { ToolChoice } from './converse-tools.ts'

/** How a model is to answer, in the words of the Messages API, which Claude's have on Bedrock too. */
export interface Settings {
  readonly maxTokens: number | undefined
  readonly temperature: number | undefined
  readonly topP: number | undefined
  readonly choice: ToolChoice | undefined
  /** Names of the tools that may be called. */
  readonly tools: readonly string[]
  /** `outputConfig.effort`. */
  readonly effort: string | undefined
  /** `additionalModelRequestFields`. */
  readonly additional: JsonObject
}

interface Asked {
  readonly traits: BedrockTraits
  readonly turns: readonly Turn[]
  readonly choice: ToolChoice | undefined
  readonly tools: readonly string[]
}

/** Sampling, caps, tool choice and thinking of one call, as its model takes them. */
export function settingsOf(call: ChatCall, asked: Asked): Settings {
  return asked.traits.family === 'claude' ? claudeSettings(call, asked) : otherSettings(call, asked)
}

/** Fitted as for Anthropic's own API: what a Claude takes is the same here. */
function claudeSettings(call: ChatCall, { turns, choice, tools }: Asked): Settings {
  const { request, reasoningEffort, upstreamModel } = call
  const traits = claudeTraits(upstreamModel)
  const cap = outputCap(call.request)
  const thinking = isJsonObject(request.thinking) ? request.thinking : undefined
  const requested = typeof request.reasoning_effort === 'string' ? request.reasoning_effort : undefined
  const body: JsonObject = {
    max_tokens: cap ?? traits.defaultMaxTokens,
    messages: turns.map(messagesTurn),
    tools: tools.map((name) => ({ name })),
    ...(choice === undefined ? {} : { tool_choice: choice }),
    ...sampling(call),
    ...(thinking === undefined ? {} : { thinking }),
    ...(thinking === undefined || requested === undefined ? {} : { output_config: { effort: requested } }),
  }
  const fitted = fitToModel(body, traits, reasoningEffort ?? (thinking === undefined ? requested : undefined))
  const kept: readonly unknown[] = Array.isArray(fitted.tools) ? fitted.tools : []
  const { effort } = isJsonObject(fitted.output_config) ? fitted.output_config : {}
  const byBudget = isJsonObject(fitted.thinking) && fitted.thinking.type === 'enabled'
  return {
    // Without a cap it is as much as the model has; a budget of thinking has to be below a cap that is there.
    maxTokens: cap ?? (byBudget ? traits.defaultMaxTokens : undefined),
    temperature: numberOf(fitted.temperature),
    topP: numberOf(fitted.top_p),
    choice: fitted.tool_choice as ToolChoice | undefined,
    tools: kept.flatMap((tool) => (isJsonObject(tool) && typeof tool.name === 'string' ? [tool.name] : [])),
    effort: typeof effort === 'string' ? effort : undefined,
    additional: {
      ...(isJsonObject(fitted.thinking) ? { thinking: fitted.thinking } : {}),
      ...(typeof fitted.top_k === 'number' ? { top_k: fitted.top_k } : {}),
    },
  }
}

/** As much of a turn as fitting looks at: whether it thinks, and whether it holds outputs of tools. */
function messagesTurn({ role, content }: Turn): JsonObject {
  const typeOf = (block: JsonObject) =>
    'reasoningContent' in block ? 'thinking' : 'toolResult' in block ? 'tool_result' : 'other'
  return { role, content: content.map((block) => ({ type: typeOf(block) })) }
}

function otherSettings(call: ChatCall, { traits, choice, tools }: Asked): Settings {
  const { temperature, top_p: topP, top_k: topK } = sampling(call)
  const maxTokens = outputCap(call.request)
  const thinking = thinkingFields(traits, effortOf(call), maxTokens)
  const atHigh = isJsonObject(thinking.reasoningConfig) && thinking.reasoningConfig.maxReasoningEffort === 'high'
  return {
    maxTokens,
    // Nova 2 refuses them at its highest effort.
    temperature: atHigh ? undefined : numberOf(temperature),
    topP: atHigh ? undefined : numberOf(topP),
    choice,
    tools,
    effort: undefined,
    additional: {
      ...thinking,
      ...(traits.topK && topK !== undefined && !atHigh ? { inferenceConfig: { topK } } : {}),
    },
  }
}

/** What the table of each maker's steps has for one that it lacks. */
const nearest: { readonly [effort: string]: string } = { minimal: 'low', xhigh: 'high', max: 'high' }

function thinkingFields(
  { effort: field }: BedrockTraits,
  effort: string | undefined,
  cap: number | undefined,
): JsonObject {
  if (effort === undefined || !knownEfforts.has(effort)) return {}
  switch (field) {
    case 'reasoningConfig': {
      if (effort === 'none') return { reasoningConfig: { type: 'disabled' } }
      const step = nearest[effort] ?? effort
      // The highest one takes no cap, and the caller's cap is a limit to the bill.
      const fitting = step === 'high' && cap !== undefined ? 'medium' : step
      return { reasoningConfig: { type: 'enabled', maxReasoningEffort: fitting } }
    }
    case 'reasoning_effort':
      // These always think, at least a little.
      return { reasoning_effort: effort === 'none' ? 'low' : (nearest[effort] ?? effort) }
    case 'reasoning':
      return { reasoning: { effort: effort === 'minimal' ? 'low' : effort } }
    default:
      return {}
  }
}

const knownEfforts = new Set(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'])

/** The LLM's own effort, else the request's; else what its `thinking` comes to. */
function effortOf({ reasoningEffort, request }: ChatCall): string | undefined {
  if (reasoningEffort !== undefined) return reasoningEffort
  const { reasoning_effort: asked, thinking } = request
  if (isJsonObject(thinking) && thinking.type === 'disabled') return 'none'
  if (typeof asked === 'string') return asked
  if (!isJsonObject(thinking)) return undefined
  const { budget_tokens: budget } = thinking
  // The steps that budgets are made of where it is the other way round.
  if (typeof budget === 'number') return budget <= 2048 ? 'low' : budget <= 8192 ? 'medium' : 'high'
  return 'medium'
}

function sampling({ request: { temperature, top_p: topP, top_k: topK } }: ChatCall): JsonObject {
  return {
    // OpenAI's scale ends at 2, Converse's at 1; the middle of one is the end of the other.
    ...(typeof temperature === 'number' ? { temperature: Math.min(temperature, 1) } : {}),
    ...(typeof topP === 'number' ? { top_p: topP } : {}),
    ...(typeof topK === 'number' ? { top_k: topK } : {}),
  }
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined
}
