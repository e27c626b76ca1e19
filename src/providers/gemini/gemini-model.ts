/** How a model takes the wish for more or less thinking. */
export type ThinkingControl =
  /** Gemini 3 and later: `thinkingLevel`. */
  | { readonly kind: 'level'; readonly levels: readonly ThinkingLevel[] }
  /** Gemini 2.5: `thinkingBudget`, tokens. `minimum` 0: thinking can be switched off. */
  | { readonly kind: 'budget'; readonly minimum: number; readonly maximum: number; readonly canStop: boolean }
  /** It does not think, or we do not know how it is told to: a thinking config would be refused. */
  | { readonly kind: 'none' }

export type ThinkingLevel = 'MINIMAL' | 'LOW' | 'MEDIUM' | 'HIGH'

/** What of the API differs from model to model. */
export interface GeminiTraits {
  readonly thinking: ThinkingControl
  /** Function calls of the current turn are refused without a thought signature. */
  readonly signsCalls: boolean
  /** Images may stand inside a function's response. */
  readonly seesToolImages: boolean
}

/** `models/x` as the API's paths and bodies name it; `tunedModels/x` stays. */
export function resourceName(model: string): string {
  return model.startsWith('models/') || model.startsWith('tunedModels/') ? model : `models/${model}`
}

/** The same for a URL's path. */
export function resourcePath(model: string): string {
  const [collection = '', ...id] = resourceName(model).split('/')
  return `/${collection}/${encodeURIComponent(id.join('/'))}`
}

/**
 * By name, as the API does not tell. Levels are those of Google's table of thinking levels (November 2026); a level that a
 * model lacks is an error there, so that a newer model is thought to have only the three that all newer ones have.
 */
export function geminiTraits(model: string): GeminiTraits {
  const name = model.replace(/^models\//, '').toLowerCase()
  const rest = /^gemini-(?:\d+(?:\.\d+)?-)?(.*)$/.exec(name)?.[1]
  const generation = rest === undefined ? 0 : generationOf(name)
  const isCurrent = generation >= 3
  return {
    thinking: thinkingOf(generation, rest ?? ''),
    signsCalls: isCurrent,
    seesToolImages: isCurrent,
  }
}

/** `gemini-flash-latest` and the like stand for a model of today; some models have their family before the number. */
function generationOf(name: string): number {
  const number = /-(\d{1,2}(?:\.\d+)?)(?=-|$)/.exec(name)?.[1]
  return number === undefined ? 99 : Number(number)
}

function thinkingOf(generation: number, rest: string): ThinkingControl {
  // Image and speech models have rules of their own.
  if (/image|tts|audio|embedding|live/.test(rest)) return { kind: 'none' }
  if (generation >= 3) return { kind: 'level', levels: levelsOf(generation, rest) }
  if (generation !== 2.5) return { kind: 'none' }
  if (rest.startsWith('pro')) return { kind: 'budget', minimum: 128, maximum: 32_768, canStop: false }
  if (rest.startsWith('flash-lite')) return { kind: 'budget', minimum: 512, maximum: 24_576, canStop: true }
  return { kind: 'budget', minimum: 1, maximum: 24_576, canStop: true }
}

function levelsOf(generation: number, rest: string): readonly ThinkingLevel[] {
  if (rest.startsWith('pro')) return generation === 3 ? ['LOW', 'HIGH'] : ['LOW', 'MEDIUM', 'HIGH']
  const hasMinimal = rest.startsWith('flash') && generation < 3.7
  return hasMinimal ? ['MINIMAL', 'LOW', 'MEDIUM', 'HIGH'] : ['LOW', 'MEDIUM', 'HIGH']
}
