/** What one Claude takes of the Messages API; generations refuse what earlier ones took. */
export interface ClaudeTraits {
  /**
   * `temperature`, `top_p` and `top_k`: all, `temperature` and `top_p` not together, or none of them (a 400 even where the
   * value is the default).
   */
  readonly sampling: 'all' | 'one' | 'none'
  /** `thinking: {type: 'enabled', budget_tokens}`. */
  readonly thinkingBudget: boolean
  /** `thinking: {type: 'adaptive'}`. */
  readonly adaptiveThinking: boolean
  /** Thinks when the request says nothing of it. */
  readonly thinksByDefault: boolean
  /** What turns thinking off; undefined: nothing does. */
  readonly thinkingOff: 'disabled' | 'between_tools' | undefined
  /** Steps of `output_config.effort`, lowest first; empty: the parameter is refused. */
  readonly efforts: readonly ClaudeEffort[]
  /** `tool_choice` of `any` or `tool`, with thinking off. */
  readonly forcedToolChoice: boolean
  /** Turns of the role `system` among the others. */
  readonly systemTurns: boolean
  /** Cap on the answer where the caller sets none; the API asks for one. */
  readonly defaultMaxTokens: number
}

export type ClaudeEffort = 'low' | 'medium' | 'high' | 'xhigh' | 'max'

const fourEfforts: readonly ClaudeEffort[] = ['low', 'medium', 'high', 'max']
const allEfforts: readonly ClaudeEffort[] = ['low', 'medium', 'high', 'xhigh', 'max']

const lines: ReadonlySet<string> = new Set(['opus', 'sonnet', 'haiku', 'fable', 'mythos'])
/** Lines whose thinking has always been on. */
const alwaysThinking: ReadonlySet<string> = new Set(['fable', 'mythos'])
/** Names of old Claudes without a line. */
const oldNames = /claude-(?:2|v2|instant)/
/** Of a Claude that does not say its version. */
const newest = 9999

/**
 * The traits of a model, read from its name, whatever a platform puts around it (`anthropic.claude-opus-4-6-v1:0`,
 * `anthropic/claude-opus-4.6`, `claude-opus-4@20250514`). Anthropic's models endpoint tells only some of them. A Claude newer
 * than those known here, or without a version, is taken for like the last one of its line; a name without Claude (other vendors offer the Messages
 * API too) for like the Claudes of 2025, whose API they copied; see {@link isClaude}.
 *
 * Sources: Anthropic's pages on thinking, effort, structured outputs and its migration guides of Opus 4.7, Opus 5, Opus 5.5,
 * Sonnet 5.5 and Haiku 5.5, read in November 2026.
 */
export function claudeTraits(model: string): ClaudeTraits {
  const known = parseClaude(model)
  if (known === undefined) return { ...budgetThinkers, sampling: 'all', defaultMaxTokens: 8192 }
  const { line, version } = known
  if (version >= 407) return adaptiveOnly(line, version)
  if (version >= 406)
    return { ...budgetThinkers, adaptiveThinking: true, efforts: fourEfforts, defaultMaxTokens: 64_000 }
  if (version >= 405) {
    return { ...budgetThinkers, efforts: line === 'opus' ? ['low', 'medium', 'high'] : [], defaultMaxTokens: 64_000 }
  }
  if (version >= 401) return { ...budgetThinkers, defaultMaxTokens: 32_000 }
  if (version >= 307) return { ...budgetThinkers, sampling: 'all', defaultMaxTokens: 32_000 }
  return {
    ...budgetThinkers,
    sampling: 'all',
    thinkingBudget: false,
    thinkingOff: undefined,
    defaultMaxTokens: version >= 305 ? 8192 : 4096,
  }
}

const budgetThinkers: ClaudeTraits = {
  sampling: 'one',
  thinkingBudget: true,
  adaptiveThinking: false,
  thinksByDefault: false,
  thinkingOff: 'disabled',
  efforts: [],
  forcedToolChoice: true,
  systemTurns: false,
  defaultMaxTokens: 32_000,
}

function adaptiveOnly(line: string, version: number): ClaudeTraits {
  // A line nobody has heard of is asked for the least that all of them take.
  const always = !lines.has(line) || alwaysThinking.has(line) || (line === 'opus' && version >= 505)
  const betweenTools = line === 'sonnet' && version >= 505
  return {
    sampling: 'none',
    thinkingBudget: false,
    adaptiveThinking: true,
    thinksByDefault: always || version >= 500,
    thinkingOff: always ? undefined : betweenTools ? 'between_tools' : 'disabled',
    efforts: allEfforts,
    forcedToolChoice: !always && !betweenTools,
    systemTurns: version >= 408,
    defaultMaxTokens: 64_000,
  }
}

/** Whether the traits of a model are those of a Claude, and not a guess. */
export function isClaude(model: string): boolean {
  return parseClaude(model) !== undefined
}

/** The version is 100 × major + minor. */
function parseClaude(model: string): { readonly line: string; readonly version: number } | undefined {
  const name = model.toLowerCase()
  // Since 4: claude-<line>-<major>[-<minor>][-<date>].
  const modern = /claude-([a-z]+)-(\d{1,2})(?:[-.](\d{1,2}))?(?!\d)/.exec(name)
  if (modern !== null && modern[1] !== 'instant') {
    return { line: modern[1]!, version: versionOf(modern[2]!, modern[3]) }
  }
  // Before: claude-<major>[-<minor>]-<line>.
  const old = /claude-(\d)(?:[-.](\d))?-(opus|sonnet|haiku)/.exec(name)
  if (old !== null) return { line: old[3]!, version: versionOf(old[1]!, old[2]) }
  if (oldNames.test(name)) return { line: 'claude', version: 200 }
  // Of the preview only this is documented: it thinks always, and does so adaptively.
  if (name.includes('claude-mythos')) return { line: 'mythos', version: 407 }
  const unversioned = /claude-([a-z]+)/.exec(name)
  return unversioned === null ? undefined : { line: unversioned[1]!, version: newest }
}

function versionOf(major: string, minor: string | undefined): number {
  return Number(major) * 100 + Number(minor ?? 0)
}

/** Whether a word is one of those we know for an effort, of this API or another. */
export function isKnownEffort(effort: string): boolean {
  return effort === 'none' || effortOrder.includes(effort)
}

const effortOrder: readonly string[] = ['minimal', ...allEfforts]

/** The nearest step a model has at or below the one asked for, else its lowest; undefined where it has none, or for no step. */
export function nearestEffort(asked: string, efforts: readonly ClaudeEffort[]): ClaudeEffort | undefined {
  const rank = effortOrder.indexOf(asked)
  if (rank < 0) return undefined
  return efforts.findLast((effort) => effortOrder.indexOf(effort) <= rank) ?? efforts[0]
}
