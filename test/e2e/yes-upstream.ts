import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface YesUpstream {
  /** With `/v1`. */
  readonly baseUrl: string
  close(): void
}

/**
 * A chat completions API that says yes to everything.
 *
 * @param before what is done with a request that was read, before its answer.
 */
export async function startYesUpstream(
  [prompt, completion]: readonly [number, number],
  before: () => Promise<unknown> = async () => {},
): Promise<YesUpstream> {
  const usage = { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion }
  const choices = [{ index: 0, message: { role: 'assistant', content: 'yes' }, finish_reason: 'stop' }]
  const answer = JSON.stringify({ id: 'x', object: 'chat.completion', model: 'm', choices, usage })
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      void before().then(() => {
        response.setHeader('content-type', 'application/json')
        response.end(answer)
      })
    })
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
