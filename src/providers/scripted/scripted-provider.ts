import type { ChatCall, ChatCompletion, ChatEvent, ChatProvider } from '../chat-provider.ts'
import { ProviderError } from '../provider-error.ts'
import { delay, systemTimers, type Timers } from '../resilience/timers.ts'

/** One thing a scripted stream does, in order. */
export type ScriptedStep =
  | ChatEvent
  | { readonly type: 'error'; readonly error: Error }
  | { readonly type: 'wait'; readonly ms: number }
  /** Nothing more, ever: until the caller aborts. */
  | { readonly type: 'hang' }

/** What one call does. A completion given to `stream()` is played as the events that it would have been. */
export type ScriptedAnswer =
  | { readonly completion: ChatCompletion; readonly delayMs?: number }
  | { readonly steps: readonly ScriptedStep[] }
  | { readonly error: Error; readonly delayMs?: number }
  | { readonly hang: true }

export interface ScriptedProviderOptions {
  /** Played once each, in order; the last one again for every further call. */
  readonly answers: readonly ScriptedAnswer[]
  readonly models?: readonly string[]
  /** Default: the machine's time. */
  readonly timers?: Timers
}

/** Plays a script, for tests. Records what was asked and how each call was left. */
export class ScriptedProvider implements ChatProvider {
  readonly calls: ChatCall[] = []
  /** Calls that have neither ended nor been abandoned. */
  openCalls = 0
  closed = false
  readonly #options: ScriptedProviderOptions
  readonly #timers: Timers

  constructor(options: ScriptedProviderOptions) {
    this.#options = options
    this.#timers = options.timers ?? systemTimers
  }

  async complete(call: ChatCall, signal: AbortSignal): Promise<ChatCompletion> {
    const answer = this.#next(call)
    this.openCalls++
    try {
      if ('steps' in answer) throw new Error('This answer is scripted as a stream; complete() was called')
      if ('hang' in answer) await this.#pause(Number.POSITIVE_INFINITY, signal)
      else await this.#pause(answer.delayMs ?? 0, signal)
      if ('error' in answer) throw answer.error
      if ('completion' in answer) return answer.completion
      throw new Error('unreachable')
    } finally {
      this.openCalls--
    }
  }

  async *stream(call: ChatCall, signal: AbortSignal): AsyncGenerator<ChatEvent, void, undefined> {
    const answer = this.#next(call)
    this.openCalls++
    try {
      for (const step of stepsOf(answer)) {
        if (step.type === 'wait') await this.#pause(step.ms, signal)
        else if (step.type === 'hang') await this.#pause(Number.POSITIVE_INFINITY, signal)
        else if (step.type === 'error') throw step.error
        else {
          await this.#pause(0, signal)
          yield step
        }
      }
    } finally {
      this.openCalls--
    }
  }

  async probe(): Promise<{ readonly models: readonly string[] }> {
    return { models: this.#options.models ?? [] }
  }

  async close(): Promise<void> {
    this.closed = true
  }

  #next(call: ChatCall): ScriptedAnswer {
    const { answers } = this.#options
    const answer = answers[Math.min(this.calls.length, answers.length - 1)]
    if (answer === undefined) throw new Error('The script has no answers')
    this.calls.push(call)
    return answer
  }

  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    const aborted = () => new ProviderError('aborted', 'The call was aborted', { cause: signal.reason })
    if (signal.aborted) throw aborted()
    if (ms === 0) return
    try {
      if (Number.isFinite(ms)) await delay(this.#timers, ms, signal)
      else await new Promise((_, reject) => signal.addEventListener('abort', reject, { once: true }))
    } catch {
      throw aborted()
    }
  }
}

function stepsOf(answer: ScriptedAnswer): readonly ScriptedStep[] {
  if ('steps' in answer) return answer.steps
  if ('hang' in answer) return [{ type: 'hang' }]
  const wait: ScriptedStep = { type: 'wait', ms: answer.delayMs ?? 0 }
  if ('error' in answer) return [wait, { type: 'error', error: answer.error }]
  return [wait, ...eventsOf(answer.completion)]
}

function eventsOf(completion: ChatCompletion): ChatEvent[] {
  const text = textOfCompletion(completion.body)
  const model = completion.reportedModel ?? 'scripted'
  return scriptedEvents([text], {
    model,
    ...(completion.usage === undefined
      ? {}
      : { inputTokens: completion.usage.inputTokens, outputTokens: completion.usage.outputTokens }),
  })
}

function textOfCompletion(body: { readonly [field: string]: unknown }): string {
  const choices = body.choices as readonly { readonly message?: { readonly content?: unknown } }[] | undefined
  const content = choices?.[0]?.message?.content
  return typeof content === 'string' ? content : ''
}

export interface ScriptedTextOptions {
  readonly model?: string
  /** Usage is left out when neither count is given. */
  readonly inputTokens?: number
  readonly outputTokens?: number
}

/** A completion in OpenAI's shape that says `text`. */
export function scriptedCompletion(text: string, options: ScriptedTextOptions = {}): ChatCompletion {
  const model = options.model ?? 'scripted'
  const usage = usageOf(options)
  return {
    body: {
      id: 'chatcmpl-scripted',
      object: 'chat.completion',
      created: 0,
      model,
      choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
      ...(usage === undefined ? {} : { usage: usage.wire }),
    },
    usage: usage?.counts,
    reportedModel: model,
  }
}

/** The events of a whole stream that says `pieces`: role, content, finish reason with usage, end. */
export function scriptedEvents(pieces: readonly string[], options: ScriptedTextOptions = {}): ChatEvent[] {
  const model = options.model ?? 'scripted'
  const usage = usageOf(options)
  const chunk = (delta: object, finishReason: string | null) => ({
    id: 'chatcmpl-scripted',
    object: 'chat.completion.chunk',
    created: 0,
    model,
    choices: [{ index: 0, delta, finish_reason: finishReason }],
  })
  return [
    { type: 'metadata', chunk: chunk({ role: 'assistant', content: '' }, null), reportedModel: model },
    ...pieces.map((content): ChatEvent => ({ type: 'content', chunk: chunk({ content }, null) })),
    { type: 'metadata', chunk: chunk({}, 'stop'), reportedModel: model },
    ...(usage === undefined
      ? []
      : [
          {
            type: 'metadata',
            chunk: { ...chunk({}, null), choices: [], usage: usage.wire },
            usage: usage.counts,
            reportedModel: model,
          } as const,
        ]),
    { type: 'finished' },
  ]
}

function usageOf(options: ScriptedTextOptions) {
  if (options.inputTokens === undefined && options.outputTokens === undefined) return undefined
  const inputTokens = options.inputTokens ?? 0
  const outputTokens = options.outputTokens ?? 0
  return {
    counts: { inputTokens, outputTokens },
    wire: { prompt_tokens: inputTokens, completion_tokens: outputTokens, total_tokens: inputTokens + outputTokens },
  }
}
