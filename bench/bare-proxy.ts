/**
 * The least that a proxy in Node can do: read and parse the JSON, forward it over a pool, pipe the answer back. What a
 * gateway is measured against. Argument: the upstream's URL. Sends `{ url }` to its parent.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pipeline } from 'node:stream/promises'
import { Pool } from 'undici'

const upstream = new Pool(process.argv[2]!)

const server = createServer((request, response) => {
  forward(request, response).catch((error: unknown) => {
    console.error(error)
    response.destroy()
  })
})
server.keepAliveTimeout = 600_000
server.listen(0, '127.0.0.1', () => {
  process.send?.({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
})

async function forward(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const pieces: Buffer[] = []
  for await (const piece of request) pieces.push(piece as Buffer)
  const body = Buffer.concat(pieces).toString('utf8')
  JSON.parse(body)
  const headers = { 'content-type': 'application/json' }
  const answer = await upstream.request({ method: 'POST', path: request.url ?? '/', headers, body })
  response.writeHead(answer.statusCode, answer.headers as Record<string, string>)
  await pipeline(answer.body, response)
}
