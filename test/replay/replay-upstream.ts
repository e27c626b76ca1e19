import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { OutcomeData } from '../../src/outcomes/outcome-data.ts'

/** Length of an answer where the data set does not record one: synthetic, said so in every report. */
const syntheticOutputTokens = 120

export interface ReplayUpstream {
  /** With the version path, as an OpenAI-compatible base URL. */
  readonly baseUrl: string
  /** Chat completions answered since the start. */
  readonly answered: number
  close(): Promise<void>
}

/**
 * An OpenAI-compatible server that answers from recorded outcomes: the bill as `usage.cost`, recorded token counts where
 * known. The answer's text names its cell; what counts is the recorded quality, which {@link recordedCell} looks up.
 *
 * @param port 0 lets the system choose.
 */
export async function startReplayUpstream(data: OutcomeData, port = 0): Promise<ReplayUpstream> {
  const rows = new Map(data.prompts.map((prompt, row) => [prompt.text, row]))
  const columns = new Map(data.llms.map((llm, column) => [llm.id, column]))
  let answered = 0
  const server = createServer((request, response) => {
    answer(data, rows, columns, request, response).then(
      (sent) => {
        if (sent) answered++
      },
      (error: unknown) => {
        refuse(response, 500, String(error))
      },
    )
  })
  server.keepAliveTimeout = 60_000
  await new Promise<void>((resolve) => {
    server.listen(port, '127.0.0.1', resolve)
  })
  const { port: bound } = server.address() as AddressInfo
  return {
    baseUrl: `http://127.0.0.1:${bound}/v1`,
    get answered() {
      return answered
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** Row and column that an answer of the replay upstream stands for. */
export function recordedCell(content: string): { readonly row: number; readonly column: number } {
  const [row, column] = content.split(' ')[1]!.split(':').map(Number)
  return { row: row!, column: column! }
}

async function answer(
  data: OutcomeData,
  rows: ReadonlyMap<string, number>,
  columns: ReadonlyMap<string, number>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  if (request.method === 'GET') {
    sendJson(response, { object: 'list', data: data.llms.map(({ id }) => ({ id, object: 'model' })) })
    return false
  }
  const body = JSON.parse(await text(request)) as ChatBody
  const row = rows.get(String(body.messages.at(-1)?.content))
  const column = columns.get(body.model)
  if (row === undefined || column === undefined) {
    refuse(response, 404, row === undefined ? 'not a recorded prompt' : 'not a recorded LLM')
    return false
  }
  const cell = row * data.llms.length + column
  const usage = usageOf(data, cell, row)
  const content = `recorded ${row}:${column}`
  const head = { id: `replay-${cell}`, created: 0, model: body.model }
  if (body.stream !== true) {
    const choices = [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }]
    sendJson(response, { ...head, object: 'chat.completion', choices, usage })
    return true
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const send = (fields: object) =>
    response.write(`data: ${JSON.stringify({ ...head, object: 'chat.completion.chunk', ...fields })}\n\n`)
  send({ choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }] })
  for (const part of content.split(/(?<= )/))
    send({ choices: [{ index: 0, delta: { content: part }, finish_reason: null }] })
  send({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })
  send({ choices: [], usage })
  response.end('data: [DONE]\n\n')
  return true
}

interface ChatBody {
  readonly model: string
  readonly stream?: boolean
  readonly messages: readonly { readonly content: unknown }[]
}

function usageOf(data: OutcomeData, cell: number, row: number) {
  const known = (value: number, synthetic: number) => (Number.isNaN(value) ? synthetic : value)
  const prompt_tokens = known(data.inputTokens[cell]!, Math.ceil(data.prompts[row]!.text.length / 4))
  const completion_tokens = known(data.outputTokens[cell]!, syntheticOutputTokens)
  const cost = data.costUsd[cell]!
  return {
    prompt_tokens,
    completion_tokens,
    total_tokens: prompt_tokens + completion_tokens,
    ...(Number.isNaN(cost) ? {} : { cost }),
  }
}

function sendJson(response: ServerResponse, body: object): void {
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}

function refuse(response: ServerResponse, status: number, message: string): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ error: { message, type: 'invalid_request_error', param: null, code: null } }))
}

async function text(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}
