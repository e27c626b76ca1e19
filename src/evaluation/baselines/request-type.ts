/** The seven request types that LiteLLM's adaptive router tells apart. */
export const requestTypes = [
  'code generation',
  'code understanding',
  'technical design',
  'analytical reasoning',
  'writing',
  'factual lookup',
  'general',
] as const

const general = requestTypes.indexOf('general')

/** How much of a prompt is read, characters. */
const readCharacters = 2000

interface TypeRule {
  readonly type: (typeof requestTypes)[number]
  readonly patterns: readonly RegExp[]
}

const language = '(?:python|javascript|typescript|java|rust|go|c\\+\\+|sql|bash|shell)'
const unit = '(?:function|class|method|script|program|api|endpoint|query)'

/** First match wins: the more telling types come first. */
const rules: readonly TypeRule[] = [
  {
    type: 'code generation',
    patterns: [
      new RegExp(`\\b(?:write|create|generate|implement|build)\\b[^.?!\\n]{0,40}\\b${unit}\\b`, 'i'),
      new RegExp(`\\b(?:write|create|generate|implement|build)\\b[^.?!\\n]{0,20}\\b${language}(?!\\w)`, 'i'),
    ],
  },
  {
    type: 'code understanding',
    patterns: [
      /\b(?:explain|describe|review|critique|what does)\b[^\n]{0,80}\b(?:code|function|method|algorithm|snippet|diff)\b/i,
      /\b(?:debug|fix|trace)\b[^\n]{0,80}\b(?:error|bug|exception|stack ?trace|traceback|code)\b/i,
    ],
  },
  {
    type: 'technical design',
    patterns: [
      /\b(?:design|architect|plan)\b[^\n]{0,60}\b(?:system|service|database|schema|module|api)\b/i,
      /\bhow (?:should|do) i (?:design|structure|organi[sz]e|model)\b/i,
      /\b(?:trade-?offs? between|compare)\b[^\n]{0,60}\b(?:library|framework|language|database|protocol)\b/i,
    ],
  },
  {
    type: 'analytical reasoning',
    patterns: [
      /\b(?:solve|compute|calculate|prove|derive)\b/i,
      /\b(?:if\b[^.?!\n]{1,120}\bthen|given\b[^.?!\n]{1,120}\bfind|suppose|assume)\b/i,
      /\b(?:probability|statistics|combinatorics|optimi[sz]ation problem)\b/i,
    ],
  },
  {
    type: 'writing',
    patterns: [
      /\b(?:write|draft|compose|rewrite|edit|proofread|polish)\b[^\n]{0,60}\b(?:e-?mail|essay|blog|post|article|letter|memo|paragraph|sentence|story|poem)\b/i,
    ],
  },
  {
    type: 'factual lookup',
    patterns: [/^\s*(?:who|what|when|where|which)\s+(?:is|was|were|are|did|does)\b/i, /^\s*(?:define|meaning of)\b/i],
  },
]

/**
 * Type of a prompt by keywords, an index into {@link requestTypes}. The types and the order of the question are those of
 * LiteLLM's adaptive router; the words are ours, so that a prompt may fall into another type there.
 */
export function requestTypeOf(text: string): number {
  const read = text.slice(0, readCharacters)
  const rule = rules.find(({ patterns }) => patterns.some((pattern) => pattern.test(read)))
  return rule === undefined ? general : requestTypes.indexOf(rule.type)
}
