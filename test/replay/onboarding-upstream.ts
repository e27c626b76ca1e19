import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { OutcomeData } from '../../src/outcomes/outcome-data.ts'

/**
 * An OpenAI-compatible server that answers `right` or `wrong`, as was recorded of that LLM on that prompt, with the recorded bill and
 * token counts.
 */
export async function startRightOrWrong(
  data: OutcomeData,
): Promise<{ readonly baseUrl: string; close(): Promise<void> }> {
  const rows = new Map(data.prompts.map((prompt, row) => [prompt.text, row]))
  const columns = new Map(data.llms.map((llm, column) => [llm.id, column]))
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { model, messages } = JSON.parse(Buffer.concat(chunks).toString()) as Asked
      const row = rows.get(messages.at(-1)!.content)
      const column = columns.get(model)
      if (row === undefined || column === undefined) throw new Error(`not recorded: ${model}`)
      const cell = row * data.llms.length + column
      const tokens = (value: number, otherwise: number) => (Number.isNaN(value) ? otherwise : value)
      const usage = {
        prompt_tokens: tokens(data.inputTokens[cell]!, Math.ceil(data.prompts[row]!.text.length / 4)),
        completion_tokens: tokens(data.outputTokens[cell]!, 0),
        cost: data.costUsd[cell]!,
      }
      const message = { role: 'assistant', content: data.quality[cell] === 1 ? 'right' : 'wrong' }
      const choices = [{ index: 0, message, finish_reason: 'stop' }]
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ id: `r-${cell}`, object: 'chat.completion', created: 0, model, choices, usage }))
    })
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

interface Asked {
  readonly model: string
  readonly messages: readonly { readonly content: string }[]
}
