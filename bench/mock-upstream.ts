/**
 * An upstream that answers chat completions at once, in a process of its own: what a proxy adds then stands alone. An
 * event of a stream is written per turn of the event loop, as separate pieces, the way LLMs send them.
 *
 * Sends `{ url }` to its parent. Any prompt gets the same answer.
 */
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { answerWords, lastWord, streamedEvents } from './chat-answer.ts'

const usage = { prompt_tokens: 260, completion_tokens: answerWords.length, total_tokens: 260 + answerWords.length }
const head = { id: 'chatcmpl-mock', created: 1_760_000_000, model: 'mock-model' }
const message = { role: 'assistant', content: answerWords.join(' ') }
const wholeAnswer = Buffer.from(
  JSON.stringify({
    ...head,
    object: 'chat.completion',
    choices: [{ index: 0, message, finish_reason: 'stop' }],
    usage,
  }),
)
const events = toEvents()

const server = createServer((request, response) => {
  const pieces: Buffer[] = []
  request.on('data', (piece: Buffer) => pieces.push(piece))
  request.on('end', () => {
    const body = JSON.parse(Buffer.concat(pieces).toString('utf8')) as { readonly stream?: boolean }
    if (body.stream === true) {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      sendEvents(response, 0)
    } else {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': wholeAnswer.length })
      response.end(wholeAnswer)
    }
  })
})
server.keepAliveTimeout = 600_000
// Outlives no parent, not even one that was killed.
process.on('disconnect', () => process.exit())
server.listen(0, '127.0.0.1', () => {
  process.send?.({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
})

function sendEvents(response: ServerResponse, from: number): void {
  if (response.destroyed) return
  if (from === events.length - 1) {
    response.end(events[from])
    return
  }
  response.write(events[from])
  setImmediate(sendEvents, response, from + 1)
}

function toEvents(): Buffer[] {
  const wordsPerEvent = Math.ceil(answerWords.length / streamedEvents)
  const deltas = Array.from({ length: streamedEvents }, (_, i) => {
    const words = answerWords.slice(i * wordsPerEvent, (i + 1) * wordsPerEvent)
    return { ...(i === 0 ? { role: 'assistant' } : {}), content: `${words.join(' ')} ` }
  })
  const object = 'chat.completion.chunk'
  const chunks = [
    ...deltas.map((delta) => ({ ...head, object, choices: [{ index: 0, delta, finish_reason: null }] })),
    { ...head, object, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
    { ...head, object, choices: [], usage },
  ]
  if (!JSON.stringify(chunks[streamedEvents - 1]).includes(lastWord)) throw new Error('The stream would lack its end')
  return [...chunks.map((chunk) => Buffer.from(`data: ${JSON.stringify(chunk)}\n\n`)), Buffer.from('data: [DONE]\n\n')]
}
