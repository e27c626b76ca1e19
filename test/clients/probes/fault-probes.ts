import { expect } from 'vitest'
import type { Probe } from './probe.ts'

/** The least that an official client does, in its own words. */
export interface PlainCalls<Client> {
  /** @returns the text of the answer. */
  readonly ask: (client: Client, model: string, said: string) => Promise<string>
  /** Pieces of the text of a streamed answer. Leaving the loop closes the stream as the client does it. */
  readonly stream: (client: Client, model: string, said: string, signal?: AbortSignal) => AsyncIterable<string>
  /** The client's own classes of errors, by status. */
  readonly errors: { readonly [status in 400 | 401 | 404 | 429]: new (...args: never[]) => Error }
}

const longAnswer = Array.from({ length: 30 }, (_, index) => `word${index}`).join(' ')

/** What a client sees when things go wrong: the same rows for every dialect. */
export function faultProbes<Client>({ ask, stream, errors }: PlainCalls<Client>): readonly Probe<Client>[] {
  return [
    {
      feature: 'errors: refused by the upstream (400)',
      async run({ client, model, upstream }) {
        upstream.failNext({ status: 400 })
        const error = await refusalOf(ask(client, model, 'say no'))
        expect(error).toBeInstanceOf(errors[400])
        expect(error.message).toContain('Made to fail with 400')
        return undefined
      },
    },
    {
      feature: 'errors: wrong key (401), unknown model (404)',
      async run({ client, connect, model }) {
        const stranger = connect({ apiKey: `pm-${'x'.repeat(43)}` })
        expect(await refusalOf(ask(stranger, model, 'say no'))).toBeInstanceOf(errors[401])
        expect(await refusalOf(ask(client, 'no-such-model', 'say no'))).toBeInstanceOf(errors[404])
        return undefined
      },
    },
    {
      feature: 'errors: rate limit (429) with its retry-after',
      async run({ client, model, upstream }) {
        upstream.failNext({ status: 429, headers: { 'retry-after': '30' } })
        const error = await refusalOf(ask(client, model, 'say later'))
        expect(error).toBeInstanceOf(errors[429])
        expect((error as unknown as { headers: Headers }).headers.get('retry-after')).toBe('30')
        return undefined
      },
    },
    {
      feature: 'the client tries again after retry-after',
      async run({ connect, model, upstream }) {
        const waitMs = 300
        // The gateway tries a second time itself; only then the client hears of it.
        const fault = { status: 429, headers: { 'retry-after-ms': String(waitMs) } }
        upstream.failNext(fault, fault)
        const before = upstream.requests.length
        const startedMs = performance.now()
        expect(await ask(connect({ maxRetries: 1 }), model, 'say now')).toBe('now')
        expect(upstream.requests.length - before).toBe(3)
        expect(performance.now() - startedMs).toBeGreaterThanOrEqual(2 * waitMs)
        return undefined
      },
    },
    {
      feature: 'an abort closes the upstream connection',
      async run({ client, model, upstream }) {
        upstream.failNext({ hangAfterPieces: 12 })
        const before = upstream.abandoned
        const abort = new AbortController()
        let text = ''
        const reading = (async () => {
          for await (const piece of stream(client, model, `say ${longAnswer}`, abort.signal)) {
            text += piece
            abort.abort()
          }
        })()
        await reading.catch((error: Error) => expect(error.name).toMatch(/Abort|Error/))
        expect(text).toContain('word0')
        await expect.poll(() => upstream.abandoned, { timeout: 10_000 }).toBe(before + 1)
        return undefined
      },
    },
    {
      feature: 'a cut stream is an error, not an end',
      async run({ client, model, upstream }) {
        upstream.failNext({ cutAfterPieces: 12 })
        let text = ''
        const reading = (async () => {
          for await (const piece of stream(client, model, `say ${longAnswer}`)) text += piece
        })()
        await expect(reading).rejects.toThrow()
        expect(text).toContain('word0')
        expect(text).not.toContain('word29')
        return undefined
      },
    },
  ]
}

async function refusalOf(call: Promise<unknown>): Promise<Error> {
  try {
    await call
  } catch (error) {
    if (error instanceof Error) return error
    throw error
  }
  throw new Error('the call was not refused')
}
