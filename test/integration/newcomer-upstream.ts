import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Chat completions of LLMs that each have one way to be; `answered` counts calls by model. */
export interface NewcomerUpstream {
  readonly baseUrl: string
  readonly answered: Map<string, number>
  close(): Promise<void>
}

/**
 * Answers `Say X` by the name of the model: `good` says X, `half` to every other; `garbage` says what nobody asked for, right once, `silent` nothing; `hangs` never
 * answers; `dear` bills 1 USD a call; `busy` says 429 to every first call; `slow` says X after a while.
 */
export async function startNewcomerUpstream(): Promise<NewcomerUpstream> {
  const answered = new Map<string, number>()
  const refused = new Set<string>()
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as {
        readonly model: string
        readonly messages: readonly { readonly content: string }[]
      }
      const { model } = body
      const asked = body.messages.at(-1)!.content
      const right = asked.replace('Say ', '')
      if (model === 'hangs') return
      if (model === 'busy' && !refused.has(asked)) {
        refused.add(asked)
        response.writeHead(429, { 'content-type': 'application/json', 'retry-after': '0' })
        response.end(JSON.stringify({ error: { message: 'busy' } }))
        return
      }
      answered.set(model, (answered.get(model) ?? 0) + 1)
      const isEven = Number(right.split('-')[1]) % 2 === 0
      const content =
        model === 'garbage' && right !== 'A-7'
          ? '\u0007 lorem {{'
          : model === 'silent'
            ? ''
            : model === 'half' && !isEven
              ? 'no'
              : right
      const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15, ...(model === 'dear' && { cost: 1 }) }
      const message = { role: 'assistant', content }
      const answer = {
        id: 'a',
        object: 'chat.completion',
        created: 0,
        model,
        choices: [{ index: 0, message, finish_reason: 'stop' }],
        usage,
      }
      const send = () => {
        response.writeHead(200, { 'content-type': 'application/json' })
        response.end(JSON.stringify(answer))
      }
      if (model === 'slow') setTimeout(send, 40)
      else send()
    })
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    answered,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** A probe set that this upstream can be right about, as the lines of its file. */
export function sayProbes(count: number): string {
  return Array.from({ length: count }, (_, i) =>
    JSON.stringify({
      id: `say-${i}`,
      task: i % 2 === 0 ? 'even' : 'odd',
      prompt: `Say A-${i}`,
      max_output_tokens: 20,
      grader: { kind: 'exact', answers: [`A-${i}`] },
    }),
  ).join('\n')
}
