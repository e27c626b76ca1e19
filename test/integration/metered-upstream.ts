import { type FixtureAnswer, type FixtureRequest, FixtureUpstream, sse } from '../upstreams/fixture-upstream.ts'
import { inputOf, type Meter, outputOf } from './reference-bill.ts'

/** What the next answer says of its usage. */
export interface Reading {
  readonly meter: Meter
  /** Where a stream says it. `nowhere` holds for whole answers too. */
  readonly where: 'end' | 'content' | 'growing' | 'nowhere'
  /** The vendor's own bill, for those that send one. */
  readonly costUsd?: number | undefined
  /** A tier of service with prices of its own. */
  readonly tier?: string | undefined
}

/** An upstream in a vendor's form that says one word, and of its usage what it is told to say. */
export class MeteredUpstream extends FixtureUpstream {
  next: Reading | undefined
  readonly #form: MeteredForm

  constructor(form: MeteredForm) {
    super()
    this.#form = form
  }

  protected answer({ body, path }: FixtureRequest): FixtureAnswer {
    const { next } = this
    if (next === undefined) throw new Error('The test planned no reading')
    const streamed = body.stream === true || path.includes(':streamGenerateContent')
    if (!streamed) return { status: 200, json: this.#form.whole(next) }
    return { contentType: 'text/event-stream', pieces: this.#form.stream(next) }
  }

  protected errorBody(_status: number, message: string): unknown {
    return { error: { message } }
  }
}

/** How one vendor writes an answer with this usage. */
export interface MeteredForm {
  /** The kinds of tokens its usage tells apart. */
  readonly reads: readonly (keyof Meter)[]
  /** Whether it says how much of the cached input was spoken; needed where it counts both. */
  readonly tellsCachedSpeech?: boolean
  readonly sendsCost: boolean
  readonly places: readonly Reading['where'][]
  whole(reading: Reading): unknown
  stream(reading: Reading): readonly string[]
}

function part(meter: Meter, share: number): Meter {
  return Object.fromEntries(
    Object.entries(meter).map(([kind, count]) => [kind, Math.floor(count * share)]),
  ) as unknown as Meter
}

export const openAiForm: MeteredForm = {
  reads: ['fresh', 'cached', 'written', 'spoken', 'visible', 'reasoning', 'spokenOutput'],
  tellsCachedSpeech: false,
  sendsCost: true,
  places: ['end', 'content', 'growing', 'nowhere'],
  whole: ({ meter, costUsd, tier, where }) => ({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1_790_000_000,
    model: 'metered',
    choices: [{ index: 0, message: { role: 'assistant', content: 'ok' }, finish_reason: 'stop' }],
    ...(tier === undefined ? {} : { service_tier: tier }),
    ...(where === 'nowhere' ? {} : { usage: openAiUsage(meter, costUsd) }),
  }),
  stream({ meter, costUsd, tier, where }) {
    const chunk = (choices: unknown, usage?: unknown) =>
      sse({
        id: 'chatcmpl-1',
        object: 'chat.completion.chunk',
        created: 1_790_000_000,
        model: 'metered',
        choices,
        ...(tier === undefined ? {} : { service_tier: tier }),
        ...(usage === undefined ? {} : { usage }),
      })
    const delta = (content: string) => [{ index: 0, delta: { content }, finish_reason: null }]
    const stop = [{ index: 0, delta: {}, finish_reason: 'stop' }]
    const usage = openAiUsage(meter, costUsd)
    switch (where) {
      case 'growing':
        return [
          chunk(delta('o'), openAiUsage(part(meter, 0.3), undefined)),
          chunk(delta('k'), openAiUsage(part(meter, 0.7), undefined)),
          chunk(stop, usage),
          sse('[DONE]'),
        ]
      case 'content':
        return [
          chunk(delta('o')),
          chunk([{ index: 0, delta: { content: 'k' }, finish_reason: 'stop' }], usage),
          sse('[DONE]'),
        ]
      case 'end':
        return [chunk(delta('ok')), chunk(stop), chunk([], usage), sse('[DONE]')]
      default:
        return [chunk(delta('ok')), chunk(stop), sse('[DONE]')]
    }
  },
}

function openAiUsage(meter: Meter, costUsd: number | undefined) {
  const [prompt, completion] = [inputOf(meter), outputOf(meter)]
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: {
      cached_tokens: meter.cached,
      cache_write_tokens: meter.written,
      audio_tokens: meter.spoken,
    },
    completion_tokens_details: { reasoning_tokens: meter.reasoning, audio_tokens: meter.spokenOutput },
    ...(costUsd === undefined ? {} : { cost: costUsd }),
  }
}

export const anthropicForm: MeteredForm = {
  reads: ['fresh', 'cached', 'written', 'writtenFor1h', 'visible', 'reasoning'],
  sendsCost: false,
  places: ['end', 'growing'],
  whole: ({ meter, tier }) => ({
    ...anthropicMessage,
    content: [{ type: 'text', text: 'ok' }],
    stop_reason: 'end_turn',
    usage: anthropicUsage(meter, tier),
  }),
  stream({ meter, tier, where }) {
    const started = { ...anthropicUsage(meter, tier), output_tokens: 1, output_tokens_details: undefined }
    const event = (data: { readonly type: string }) => sse(data, data.type)
    const delta = (usage: object, stop_reason: string | null) =>
      event({ type: 'message_delta', delta: { stop_reason, stop_sequence: null }, usage } as { readonly type: string })
    const text = (words: string) =>
      event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: words } } as {
        readonly type: string
      })
    const whole = anthropicUsage(meter, tier)
    return [
      event({ type: 'message_start', message: { ...anthropicMessage, usage: started } } as { readonly type: string }),
      event({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } } as {
        readonly type: string
      }),
      text('ok'),
      event({ type: 'content_block_stop', index: 0 } as { readonly type: string }),
      // Of cumulative counts the last one holds; what it leaves out holds from before.
      ...(where === 'growing' ? [delta({ output_tokens: Math.floor(outputOf(meter) / 2) }, null)] : []),
      delta({ output_tokens: whole.output_tokens, output_tokens_details: whole.output_tokens_details }, 'end_turn'),
      event({ type: 'message_stop' }),
    ]
  },
}

const anthropicMessage = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'metered',
  content: [],
  stop_reason: null,
  stop_sequence: null,
}

function anthropicUsage(meter: Meter, tier: string | undefined) {
  return {
    input_tokens: meter.fresh,
    cache_read_input_tokens: meter.cached,
    cache_creation_input_tokens: meter.written + meter.writtenFor1h,
    cache_creation: {
      ephemeral_5m_input_tokens: meter.written,
      ephemeral_1h_input_tokens: meter.writtenFor1h,
    },
    output_tokens: outputOf(meter),
    output_tokens_details: { thinking_tokens: meter.reasoning },
    service_tier: tier ?? 'standard',
  }
}

export const geminiForm: MeteredForm = {
  reads: ['fresh', 'cached', 'spoken', 'cachedSpoken', 'visible', 'reasoning', 'spokenOutput'],
  tellsCachedSpeech: true,
  sendsCost: false,
  places: ['end', 'growing', 'nowhere'],
  whole: ({ meter, where }) => geminiAnswer('ok', 'STOP', where === 'nowhere' ? undefined : meter),
  stream({ meter, where }) {
    const early = where === 'growing' ? part(meter, 0.5) : undefined
    return [
      sse(geminiAnswer('o', undefined, early)),
      sse(geminiAnswer('k', 'STOP', where === 'nowhere' ? undefined : meter)),
    ]
  },
}

/** Protobuf's JSON leaves out zeros. */
function geminiAnswer(text: string, finishReason: string | undefined, meter: Meter | undefined) {
  return {
    candidates: [
      {
        index: 0,
        content: { role: 'model', parts: [{ text }] },
        ...(finishReason === undefined ? {} : { finishReason }),
      },
    ],
    modelVersion: 'metered',
    responseId: 'r1',
    ...(meter === undefined ? {} : { usageMetadata: geminiUsage(meter) }),
  }
}

function geminiUsage(meter: Meter) {
  const audio = (tokenCount: number) => (tokenCount === 0 ? [] : [{ modality: 'AUDIO', tokenCount }])
  const candidates = meter.visible + meter.spokenOutput
  const cached = meter.cached + meter.cachedSpoken
  return {
    promptTokenCount: inputOf(meter),
    candidatesTokenCount: candidates,
    totalTokenCount: inputOf(meter) + outputOf(meter),
    ...(cached === 0 ? {} : { cachedContentTokenCount: cached }),
    ...(meter.reasoning === 0 ? {} : { thoughtsTokenCount: meter.reasoning }),
    promptTokensDetails: [
      { modality: 'TEXT', tokenCount: meter.fresh + meter.cached },
      ...audio(meter.spoken + meter.cachedSpoken),
    ],
    ...(cached === 0
      ? {}
      : { cacheTokensDetails: [{ modality: 'TEXT', tokenCount: meter.cached }, ...audio(meter.cachedSpoken)] }),
    candidatesTokensDetails: [{ modality: 'TEXT', tokenCount: meter.visible }, ...audio(meter.spokenOutput)],
  }
}

export const responsesForm: MeteredForm = {
  reads: ['fresh', 'cached', 'written', 'visible', 'reasoning'],
  sendsCost: false,
  places: ['end'],
  whole: ({ meter, tier }) => responsesAnswer('completed', meter, tier),
  stream({ meter, tier }) {
    const item = { ...responsesItem, status: 'in_progress', content: [] }
    const place = { output_index: 0, content_index: 0, item_id: responsesItem.id }
    const events: readonly { readonly type: string; readonly [field: string]: unknown }[] = [
      { type: 'response.created', response: responsesAnswer('in_progress', undefined, undefined) },
      { type: 'response.output_item.added', output_index: 0, item },
      { type: 'response.content_part.added', ...place, part: { type: 'output_text', text: '', annotations: [] } },
      { type: 'response.output_text.delta', ...place, delta: 'ok', logprobs: [] },
      { type: 'response.output_text.done', ...place, text: 'ok', logprobs: [] },
      { type: 'response.content_part.done', ...place, part: responsesItem.content[0] },
      { type: 'response.output_item.done', output_index: 0, item: responsesItem },
      { type: 'response.completed', response: responsesAnswer('completed', meter, tier) },
    ]
    return events.map((event, sequence_number) => sse({ ...event, sequence_number }, event.type))
  },
}

const responsesItem = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  status: 'completed',
  content: [{ type: 'output_text', text: 'ok', annotations: [], logprobs: [] }],
} as const

function responsesAnswer(status: string, meter: Meter | undefined, tier: string | undefined) {
  return {
    id: 'resp_1',
    object: 'response',
    created_at: 1_790_000_000,
    status,
    model: 'metered',
    output: status === 'completed' ? [responsesItem] : [],
    service_tier: tier ?? 'default',
    ...(meter === undefined
      ? {}
      : {
          usage: {
            input_tokens: inputOf(meter),
            input_tokens_details: { cached_tokens: meter.cached, cache_write_tokens: meter.written },
            output_tokens: outputOf(meter),
            output_tokens_details: { reasoning_tokens: meter.reasoning },
            total_tokens: inputOf(meter) + outputOf(meter),
          },
        }),
  }
}
