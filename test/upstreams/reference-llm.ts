/** What a fixture server understood of a request in its own API; all of them ask the same mind. */
export interface ReferenceQuestion {
  /** Text of the last user turn that is not only tool output. */
  readonly userText: string
  /** Names of the tools that may be called, in order; empty when a tool choice forbids them. */
  readonly tools: readonly string[]
  /** A tool must be called (`required`, `any`, or one by name). */
  readonly mustCall?: string | boolean
  readonly parallel: boolean
  /** Outputs of tools since the last user text, in order. */
  readonly toolOutputs: readonly string[]
  readonly images: number
  readonly files: number
  /** JSON schema the answer has to keep to; `true`: any JSON object. */
  readonly schema?: Readonly<Record<string, unknown>> | true
  readonly stop: readonly string[]
  readonly maxTokens?: number
  /** Whether it is to think before it answers. */
  readonly thinks: boolean
  /** Characters of the whole prompt, for the count of input tokens. */
  readonly promptChars: number
}

export interface ReferenceToolCall {
  readonly id: string
  readonly name: string
  /** JSON text. */
  readonly arguments: string
}

export interface ReferenceAnswer {
  readonly reasoning: string
  readonly text: string
  readonly toolCalls: readonly ReferenceToolCall[]
  readonly end: 'stop' | 'stop_sequence' | 'length' | 'tool_calls'
  /** Set with `stop_sequence`. */
  readonly stopSequence: string | undefined
  /** Visible and hidden output together, and the hidden ones of them. */
  readonly outputTokens: number
  readonly reasoningTokens: number
  readonly inputTokens: number
}

/**
 * A mind for fixture servers: the same question always gets the same answer.
 *
 * - `say X` is answered with X; anything else with `You said: …`.
 * - With tools and no outputs yet it calls the first one, with `{"city": C}` for each city named (Oslo, Rome, Lima): one call
 *   each where calls may be parallel, else the first; `{}` where none is named and a call is asked for.
 * - With outputs it says `The tools say: …`, joined by ` | `.
 * - Images and files are counted in the answer. A schema gets an object with a value of each property's type.
 * - A word is a token; thinking takes 7.
 */
export function referenceAnswer(question: ReferenceQuestion): ReferenceAnswer {
  const reasoning = question.thinks ? 'Let me think about this step by step.' : ''
  const reasoningTokens = question.thinks ? 7 : 0
  const inputTokens = Math.ceil(question.promptChars / 4) + 3
  const calls = question.toolOutputs.length > 0 ? [] : toolCalls(question)
  if (calls.length > 0) {
    const outputTokens = reasoningTokens + 5 * calls.length
    const nothing = { reasoning, text: '', stopSequence: undefined, reasoningTokens, inputTokens }
    return { ...nothing, toolCalls: calls, end: 'tool_calls', outputTokens }
  }
  const cut = cutShort(wholeText(question), question)
  return {
    reasoning,
    toolCalls: [],
    ...cut,
    outputTokens: reasoningTokens + words(cut.text),
    reasoningTokens,
    inputTokens,
  }
}

/** A text in pieces, as a stream brings it: a word and its space each. */
export function pieces(text: string): readonly string[] {
  return text.match(/\S+\s*|\s+/g) ?? []
}

function toolCalls({ tools, userText, mustCall, parallel }: ReferenceQuestion): readonly ReferenceToolCall[] {
  const named = typeof mustCall === 'string' ? mustCall : tools[0]
  if (named === undefined) return []
  const cities = userText.match(/Oslo|Rome|Lima/g) ?? []
  if (cities.length === 0 && mustCall !== true && typeof mustCall !== 'string') return []
  const wanted = cities.length === 0 ? [{}] : cities.map((city) => ({ city }))
  return wanted
    .slice(0, parallel ? wanted.length : 1)
    .map((input, index) => ({ id: `call_ref_${index}`, name: named, arguments: JSON.stringify(input) }))
}

function wholeText(question: ReferenceQuestion): string {
  const { toolOutputs, schema, userText, images, files } = question
  if (toolOutputs.length > 0) return `The tools say: ${toolOutputs.join(' | ')}`
  if (schema !== undefined) return JSON.stringify(schema === true ? { said: userText } : exampleOf(schema))
  const seen = [...(images > 0 ? [`${images} image(s)`] : []), ...(files > 0 ? [`${files} file(s)`] : [])]
  if (seen.length > 0) return `I see ${seen.join(' and ')}.`
  return userText.startsWith('say ') ? userText.slice(4) : `You said: ${userText}`
}

/** A smallest value of a schema; knows the keywords that tests use. */
function exampleOf(schema: Readonly<Record<string, unknown>>): unknown {
  if (Array.isArray(schema.enum)) return schema.enum[0]
  switch (schema.type) {
    case 'object': {
      const properties = (schema.properties ?? {}) as Record<string, Record<string, unknown>>
      return Object.fromEntries(Object.entries(properties).map(([name, property]) => [name, exampleOf(property)]))
    }
    case 'array':
      return [exampleOf((schema.items ?? {}) as Record<string, unknown>)]
    case 'integer':
    case 'number':
      return 42
    case 'boolean':
      return true
    default:
      return 'text'
  }
}

function cutShort(text: string, { stop, maxTokens }: ReferenceQuestion) {
  const stopped = stop
    .map((sequence) => ({ sequence, at: text.indexOf(sequence) }))
    .filter(({ at }) => at >= 0)
    .sort((a, b) => a.at - b.at)[0]
  const whole = stopped === undefined ? text : text.slice(0, stopped.at)
  if (maxTokens !== undefined && words(whole) > maxTokens) {
    return { text: pieces(whole).slice(0, maxTokens).join(''), end: 'length' as const, stopSequence: undefined }
  }
  if (stopped !== undefined) return { text: whole, end: 'stop_sequence' as const, stopSequence: stopped.sequence }
  return { text, end: 'stop' as const, stopSequence: undefined }
}

function words(text: string): number {
  return pieces(text).length
}
