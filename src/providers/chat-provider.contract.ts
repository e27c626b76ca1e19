import { describe, expect, it } from 'vitest'
import type { ChatCall, ChatCompletion, ChatEvent, ChatProvider } from './chat-provider.ts'

export interface ChatProviderSubject {
  /** Answers at once, with at least two pieces of content when streamed. */
  readonly provider: ChatProvider
  /** Takes a call and never answers. */
  readonly silent: ChatProvider
  readonly call: ChatCall
}

/** What every provider and every wrapper around one keeps to. */
export function describeChatProvider(
  name: string,
  open: () => Promise<ChatProviderSubject> | ChatProviderSubject,
): void {
  const never = new AbortController().signal

  async function withSubject(check: (subject: ChatProviderSubject) => Promise<void>): Promise<void> {
    const subject = await open()
    try {
      await check(subject)
    } finally {
      await subject.provider.close()
      await subject.silent.close()
    }
  }

  describe(`${name}, as a ChatProvider`, () => {
    it('streams what it says whole, and ends with one finished event', () =>
      withSubject(async ({ provider, call }) => {
        const whole = await provider.complete(call, never)
        const events = await read(provider.stream(call, never))
        expect(streamedText(events)).toBe(wholeText(whole))
        expect(events.filter((event) => event.type === 'content').length).toBeGreaterThan(1)
        expect(events.findIndex((event) => event.type === 'finished')).toBe(events.length - 1)
      }))

    it('reports the same usage and model both ways', () =>
      withSubject(async ({ provider, call }) => {
        const whole = await provider.complete(call, never)
        const metadata = (await read(provider.stream(call, never))).filter((event) => event.type === 'metadata')
        expect(metadata.findLast((event) => event.usage !== undefined)?.usage).toEqual(whole.usage)
        expect(metadata.find((event) => event.reportedModel !== undefined)?.reportedModel).toBe(whole.reportedModel)
        expect(whole.usage).toBeDefined()
      }))

    it('does not begin when already aborted', () =>
      withSubject(async ({ provider, call }) => {
        const aborted = AbortSignal.abort()
        await expect(provider.complete(call, aborted)).rejects.toMatchObject({ code: 'aborted' })
        await expect(read(provider.stream(call, aborted))).rejects.toMatchObject({ code: 'aborted' })
      }))

    it('ends a call that waits as soon as it is aborted', () =>
      withSubject(async ({ silent, call }) => {
        for (const wait of [
          (signal: AbortSignal) => silent.complete(call, signal),
          (signal: AbortSignal) => read(silent.stream(call, signal)),
        ]) {
          const caller = new AbortController()
          const checked = expect(wait(caller.signal)).rejects.toMatchObject({ code: 'aborted' })
          await new Promise((resolve) => setImmediate(resolve))
          caller.abort()
          await checked
        }
      }))

    it('lets a reader leave in the middle, and answers the next', () =>
      withSubject(async ({ provider, call }) => {
        for await (const event of provider.stream(call, never)) if (event.type === 'content') break
        expect((await read(provider.stream(call, never))).at(-1)).toEqual({ type: 'finished' })
      }))

    it('can be closed twice', () =>
      withSubject(async ({ provider }) => {
        await provider.close()
        await provider.close()
      }))
  })
}

async function read(events: AsyncIterable<ChatEvent>): Promise<ChatEvent[]> {
  const all: ChatEvent[] = []
  for await (const event of events) all.push(event)
  return all
}

function wholeText(completion: ChatCompletion): string {
  return (completion.body.choices as { message: { content: string } }[])[0]!.message.content
}

function streamedText(events: readonly ChatEvent[]): string {
  return events
    .flatMap((event) => (event.type === 'finished' ? [] : (event.chunk.choices as { delta: { content?: string } }[])))
    .map((choice) => choice.delta.content ?? '')
    .join('')
}
