import { SeededRandom } from '../../routing/numeric/random-source.ts'
import type { ChatCall, ChatCompletion, ChatEvent, ChatProvider, ChatRequest, JsonObject } from '../chat-provider.ts'
import { outputCap } from '../neutral/output-cap.ts'
import { ProviderError } from '../provider-error.ts'
import { delay, systemTimers, type Timers } from '../resilience/timers.ts'
import { defaultTimeScale, type SimulatedLlm, simulatedPool } from './simulated-pool.ts'
import { recogniseTask, taskKinds } from './task-suite.ts'

export interface SimulatedProviderOptions {
  /** Share of the real time that the pool's speeds would take; 0 answers at once. Default 0.1. */
  readonly timeScale?: number
  /** Which draws decide right and wrong. Default 1. */
  readonly seed?: number
  /** Default: the machine's time. */
  readonly timers?: Timers
}

/** What one call will say. */
interface Answer {
  readonly id: string
  readonly llm: SimulatedLlm
  readonly pieces: readonly string[]
  readonly finishReason: 'stop' | 'length'
  readonly usage: { readonly inputTokens: number; readonly outputTokens: number; readonly reasoningTokens: number }
}

const charsPerToken = 4

/**
 * A pool to try everything on without a key or a network. Its LLMs truly answer the built-in tasks: each reads the
 * prompt, and says the right answer with the probability that is its skill at that kind, else a plausible wrong one.
 * The same prompt to the same LLM gets the same answer. Any other prompt gets a reply that says what this is.
 */
export class SimulatedProvider implements ChatProvider {
  readonly #timeScale: number
  readonly #seed: number
  readonly #timers: Timers

  constructor(options: SimulatedProviderOptions = {}) {
    this.#timeScale = options.timeScale ?? defaultTimeScale
    this.#seed = options.seed ?? 1
    this.#timers = options.timers ?? systemTimers
  }

  async complete(call: ChatCall, signal: AbortSignal): Promise<ChatCompletion> {
    const answer = this.#answer(call)
    const { llm, usage } = answer
    await this.#pause(llm.timeToFirstTokenMs + (answer.pieces.length * 1000) / llm.tokensPerSecond, signal)
    const message = { role: 'assistant', content: answer.pieces.join(''), refusal: null }
    const body = {
      id: answer.id,
      object: 'chat.completion',
      created: Math.floor(this.#timers.now() / 1000),
      model: llm.id,
      choices: [{ index: 0, message, logprobs: null, finish_reason: answer.finishReason }],
      usage: wireUsage(usage),
    }
    return { body, usage, reportedModel: llm.id }
  }

  async *stream(call: ChatCall, signal: AbortSignal): AsyncGenerator<ChatEvent, void, undefined> {
    const { id, llm, pieces, finishReason, usage } = this.#answer(call)
    const created = Math.floor(this.#timers.now() / 1000)
    const chunk = (delta: object, finish: string | null): JsonObject => ({
      id,
      object: 'chat.completion.chunk',
      created,
      model: llm.id,
      choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
    })
    await this.#pause(llm.timeToFirstTokenMs, signal)
    yield { type: 'metadata', chunk: chunk({ role: 'assistant', content: '' }, null), reportedModel: llm.id }
    for (const content of pieces) {
      await this.#pause(1000 / llm.tokensPerSecond, signal)
      yield { type: 'content', chunk: chunk({ content }, null) }
    }
    yield { type: 'metadata', chunk: chunk({}, finishReason), reportedModel: llm.id }
    const last = { ...chunk({}, null), choices: [], usage: wireUsage(usage) }
    yield { type: 'metadata', chunk: last, usage, reportedModel: llm.id }
    yield { type: 'finished' }
  }

  async probe(): Promise<{ readonly models: readonly string[] }> {
    return { models: simulatedPool.map((llm) => llm.id) }
  }

  async close(): Promise<void> {}

  #answer(call: ChatCall): Answer {
    const llm = simulatedPool.find((candidate) => candidate.id === call.upstreamModel)
    if (llm === undefined) {
      throw new ProviderError('upstream_rejected', `The simulated pool has no '${call.upstreamModel}'`, {
        upstreamStatus: 404,
        upstreamError: { message: `The model '${call.upstreamModel}' does not exist`, code: 'model_not_found' },
      })
    }
    const { n } = call.request
    if (typeof n === 'number' && n > 1) {
      const message = 'The simulated pool gives one answer at a time'
      throw new ProviderError('upstream_rejected', message, {
        upstreamStatus: 400,
        upstreamError: { message, type: 'invalid_request_error', param: 'n', code: 'unsupported_value' },
      })
    }
    const prompt = lastUserText(call.request)
    const seed = hash(`${this.#seed}\n${llm.id}\n${prompt}`)
    const pieces = piecesOf(replyOf(llm, prompt, new SeededRandom(seed)))
    const cap = Math.max(1, Math.floor(outputCap(call.request) ?? Number.POSITIVE_INFINITY))
    const outputTokens = Math.min(pieces.length, cap) + llm.reasoningTokens
    return {
      id: `chatcmpl-sim-${seed.toString(16).padStart(8, '0')}`,
      llm,
      pieces: pieces.slice(0, cap),
      finishReason: pieces.length > cap ? 'length' : 'stop',
      usage: {
        inputTokens: Math.ceil(JSON.stringify(call.request.messages).length / charsPerToken),
        outputTokens,
        reasoningTokens: llm.reasoningTokens,
      },
    }
  }

  async #pause(realMs: number, signal: AbortSignal): Promise<void> {
    try {
      signal.throwIfAborted()
      if (this.#timeScale > 0) await delay(this.#timers, realMs * this.#timeScale, signal)
    } catch (cause) {
      throw new ProviderError('aborted', 'The simulated call was aborted', { cause })
    }
  }
}

function replyOf(llm: SimulatedLlm, prompt: string, random: SeededRandom): string {
  const task = recogniseTask(prompt)
  if (task === undefined) {
    const examples = taskKinds.map((kind) => `- ${kind.example}`).join('\n')
    return `This is the simulated LLM ${llm.id}, not a real one. It only answers Pointsman's built-in tasks and calls no tools. Try:\n${examples}\nFor real answers, set a provider key and start again.`
  }
  return random.next() < llm.skill[task.kind.name] ? task.answer : task.kind.wrongAnswer(task.answer, random)
}

/** The text of the last user message; parts that are not text are left out. */
function lastUserText(request: ChatRequest): string {
  const content = request.messages.findLast((message) => message.role === 'user')?.content
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content
    .map((part: unknown) => (isTextPart(part) ? part.text : ''))
    .filter((text) => text !== '')
    .join('\n')
}

function isTextPart(part: unknown): part is { readonly text: string } {
  return typeof part === 'object' && part !== null && 'text' in part && typeof part.text === 'string'
}

/** Pieces the size of tokens; together they are the text. */
function piecesOf(text: string): string[] {
  const characters = Array.from(text)
  return Array.from({ length: Math.ceil(characters.length / charsPerToken) }, (_, i) =>
    characters.slice(i * charsPerToken, (i + 1) * charsPerToken).join(''),
  )
}

function wireUsage(usage: Answer['usage']): JsonObject {
  return {
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: usage.inputTokens + usage.outputTokens,
    prompt_tokens_details: { cached_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: usage.reasoningTokens },
  }
}

/** FNV-1a, 32 bits, over UTF-16 code units; then mixed, as short texts differ in few bits. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193)
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  return (value ^ (value >>> 13)) >>> 0
}
