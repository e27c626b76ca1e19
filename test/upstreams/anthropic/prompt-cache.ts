import { isJson, type Json } from './anthropic-refusal.ts'

/** Remembers prompts up to their last mark: written the first time, read from then on. */
export class PromptCache {
  readonly #kept = new Set<string>()

  /** The input part of `usage` for a prompt of so many tokens. */
  usageOf(body: Json, inputTokens: number): Json {
    const mark = lastMark(body)
    if (mark === undefined) return inputUsage(inputTokens, 0, 0, 0)
    // All but the last turn's few words; enough to tell the three kinds apart.
    const cached = Math.max(1, Math.floor(inputTokens * 0.75))
    const key = JSON.stringify([body.model, body.system, body.tools])
    if (this.#kept.has(key)) return inputUsage(inputTokens - cached, cached, 0, 0)
    this.#kept.add(key)
    return inputUsage(inputTokens - cached, 0, cached, mark.ttl === '1h' ? cached : 0)
  }
}

function lastMark(body: Json): Json | undefined {
  const marks: Json[] = []
  JSON.stringify(body, (name, value: unknown) => {
    if (name === 'cache_control' && isJson(value)) marks.push(value)
    return value
  })
  return marks.at(-1)
}

function inputUsage(fresh: number, read: number, written: number, written1h: number): Json {
  return {
    input_tokens: fresh,
    cache_read_input_tokens: read,
    cache_creation_input_tokens: written,
    cache_creation: { ephemeral_5m_input_tokens: written - written1h, ephemeral_1h_input_tokens: written1h },
  }
}
