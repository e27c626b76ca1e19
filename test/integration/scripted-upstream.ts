import { once } from 'node:events'
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** What the upstream does with one request. */
export type UpstreamPlan =
  | {
      readonly kind: 'json'
      readonly body: unknown
      readonly status?: number
      readonly headers?: Record<string, string>
      readonly delayMs?: number
    }
  /** Any text; `contentLength` may lie. */
  | {
      readonly kind: 'raw'
      readonly text: string
      readonly status?: number
      readonly headers?: Record<string, string>
      readonly contentLength?: number
    }
  | {
      readonly kind: 'sse'
      /** Objects become `data: {…}` events; strings are written as they are, byte for byte. */
      readonly events: readonly (object | string)[]
      readonly delayMs?: number
      readonly gapMs?: number
      readonly headers?: Record<string, string>
      /** `end`: as HTTP ends an answer. `cut`: the socket dies. `hang`: silence. Default `end`. */
      readonly ending?: 'end' | 'cut' | 'hang'
    }
  /** Takes the request and never answers. */
  | { readonly kind: 'hang' }
  /** Kills the socket before any answer: at once, or after a while. */
  | { readonly kind: 'reset'; readonly delayMs?: number }
  /** An event stream of content without end, as fast as the reader reads. */
  | { readonly kind: 'flood'; readonly eventBytes?: number }
  /** A JSON body without end. */
  | { readonly kind: 'endless_json' }

export interface UpstreamRequest {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: Record<string, unknown>
}

/** A real HTTP server in OpenAI's format that answers by plan: well, slowly, partly, or not at all. */
export class ScriptedUpstream {
  readonly requests: UpstreamRequest[] = []
  /** Bytes handed to the kernel by `flood` and `endless_json`. */
  bytesFlooded = 0
  models: readonly string[] = ['scripted-model']
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #plans: UpstreamPlan[] = []
  #choose: (body: Record<string, unknown>) => UpstreamPlan = () => ({ kind: 'json', body: completionBody('ok') })

  private constructor() {
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch(() => response.destroy())
    })
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket)
      socket.on('error', () => undefined)
      socket.once('close', () => this.#sockets.delete(socket))
    })
  }

  static async start(): Promise<ScriptedUpstream> {
    const upstream = new ScriptedUpstream()
    upstream.#server.listen(0, '127.0.0.1')
    await once(upstream.#server, 'listening')
    return upstream
  }

  /** Plans for the coming requests, one each; the last one given stays. */
  plan(...plans: UpstreamPlan[]): void {
    this.#plans.length = 0
    this.#plans.push(...plans)
  }

  /** Lets every further request decide, by its body, once the plans are used up. */
  answer(choose: (body: Record<string, unknown>) => UpstreamPlan): void {
    this.#plans.length = 0
    this.#choose = choose
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  get baseUrl(): string {
    return `${this.origin}/v1`
  }

  get openSockets(): number {
    return this.#sockets.size
  }

  /** Waits until the number of open sockets is `count`. @throws when it is not within two seconds. */
  async waitForSockets(count: number): Promise<void> {
    const untilMs = performance.now() + 2000
    while (this.#sockets.size !== count) {
      if (performance.now() > untilMs) throw new Error(`${this.#sockets.size} sockets are open, not ${count}`)
      await sleep(5)
    }
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    if (!this.#server.listening) return
    this.#server.close()
    await once(this.#server, 'close')
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', () => undefined)
    const path = request.url ?? ''
    const { method = '', headers } = request
    if (method === 'GET') {
      const data = this.models.map((id) => ({ id, object: 'model' }))
      this.requests.push({ method, path, headers, body: {} })
      await this.#play({ kind: 'json', body: { object: 'list', data } }, response)
      return
    }
    let text = ''
    for await (const piece of request) text += String(piece)
    const body = JSON.parse(text) as Record<string, unknown>
    this.requests.push({ method, path, headers, body })
    const plan = this.#plans.shift()
    if (plan !== undefined) this.#choose = () => plan
    await this.#play(this.#choose(body), response)
  }

  async #play(plan: UpstreamPlan, response: ServerResponse): Promise<void> {
    if (plan.kind === 'hang') return
    if (plan.kind === 'reset') {
      if (plan.delayMs !== undefined) await sleep(plan.delayMs)
      response.socket?.resetAndDestroy()
    } else if (plan.kind === 'json') {
      if (plan.delayMs !== undefined) await sleep(plan.delayMs)
      response.writeHead(plan.status ?? 200, { 'content-type': 'application/json', ...plan.headers })
      response.end(JSON.stringify(plan.body))
    } else if (plan.kind === 'raw') playRaw(plan, response)
    else if (plan.kind === 'sse') await playEvents(plan, response)
    else await this.#flood(plan, response)
  }

  async #flood(plan: UpstreamPlan & { kind: 'flood' | 'endless_json' }, response: ServerResponse): Promise<void> {
    const events = plan.kind === 'flood'
    response.writeHead(200, { 'content-type': events ? 'text/event-stream' : 'application/json' })
    const filler = 'x'.repeat((events ? plan.eventBytes : undefined) ?? 16_384)
    const piece = events ? eventText(chunkBody({ content: filler })) : filler
    let goOn = () => {}
    response.on('drain', () => goOn())
    response.on('close', () => goOn())
    while (!response.destroyed) {
      const flowing = response.write(piece)
      this.bytesFlooded += piece.length
      if (flowing) continue
      await new Promise<void>((resolve) => {
        goOn = resolve
      })
    }
  }
}

function playRaw(plan: UpstreamPlan & { kind: 'raw' }, response: ServerResponse): void {
  const { contentLength, headers, status = 200, text } = plan
  if (contentLength === undefined) {
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(text)
    return
  }
  // Node would refuse to lie; the bytes are written below it.
  const lines = [`HTTP/1.1 ${status} Scripted`, 'content-type: application/json', `content-length: ${contentLength}`]
  response.socket?.end(`${lines.join('\r\n')}\r\n\r\n${text}`)
}

async function playEvents(plan: UpstreamPlan & { kind: 'sse' }, response: ServerResponse): Promise<void> {
  if (plan.delayMs !== undefined) await sleep(plan.delayMs)
  response.writeHead(200, { 'content-type': 'text/event-stream', ...plan.headers })
  response.flushHeaders()
  for (const event of plan.events) {
    if (response.destroyed) return
    response.write(typeof event === 'string' ? event : eventText(event))
    if (plan.gapMs !== undefined) await sleep(plan.gapMs)
  }
  if (plan.ending === 'cut') {
    // What was written must be on its way first, else the reader sees nothing at all.
    await sleep(20)
    response.socket?.destroy()
  } else if (plan.ending !== 'hang') response.end()
}

export const doneEvent = 'data: [DONE]\n\n'

export function eventText(event: object): string {
  return `data: ${JSON.stringify(event)}\n\n`
}

export function completionBody(text: string, extra: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1_700_000_000,
    model: 'scripted-model-2026-01-01',
    choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 11, completion_tokens: 3, total_tokens: 14 },
    ...extra,
  }
}

export function chunkBody(delta: object, finishReason: string | null = null, index = 0): Record<string, unknown> {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1_700_000_000,
    model: 'scripted-model-2026-01-01',
    choices: [{ index, delta, finish_reason: finishReason }],
  }
}

/** A whole stream in OpenAI's manner: role, pieces, finish reason, usage, `[DONE]`. */
export function streamOf(...pieces: readonly string[]): (object | string)[] {
  return [
    chunkBody({ role: 'assistant', content: '' }),
    ...pieces.map((content) => chunkBody({ content })),
    chunkBody({}, 'stop'),
    { ...chunkBody({}), choices: [], usage: { prompt_tokens: 11, completion_tokens: 3, total_tokens: 14 } },
    doneEvent,
  ]
}
