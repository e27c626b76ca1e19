import { describe, expect, it } from 'vitest'
import { GradingError } from '../grading/grading-error.ts'
import { ProviderError } from '../providers/provider-error.ts'
import { MemoryProbeStore } from './__fixtures__/memory-probe-store.ts'
import {
  type AnswerCall,
  MemoryBooks,
  newcomer,
  probed,
  ScriptedNewcomer,
  says,
  simpleProbes,
} from './__fixtures__/scripted-newcomer.ts'
import { dearestNanoUsd, withOutputCap } from './ask-probe.ts'
import { ProbeAsking, type ProbeRunOptions } from './probe-run.ts'

const never = new AbortController().signal

function asking(
  answer: AnswerCall,
  { count = 30, ...options }: Partial<ProbeRunOptions> & { readonly count?: number } = {},
  around: { readonly store?: MemoryProbeStore; readonly books?: MemoryBooks; readonly llm?: typeof newcomer } = {},
) {
  const { store = new MemoryProbeStore(), books = new MemoryBooks(), llm = newcomer } = around
  const provider = new ScriptedNewcomer(answer)
  const parts = { store, books, clock: { now: () => 7 } }
  const run = new ProbeAsking(parts, probed(provider, llm), simpleProbes(count), { probeSet: 's', ...options })
  return { run, provider, store, books }
}

const right: AnswerCall = () => says('right')
const failing = (code: 'upstream_failed' | 'upstream_timeout' = 'upstream_failed') => new ProviderError(code, 'no')

describe('ProbeAsking', () => {
  it('asks each probe once, eight at a time, and keeps every outcome with its bill', async () => {
    const { run, provider, store, books } = asking(async (_, index) => {
      await Promise.resolve()
      return says(index % 2 === 0 ? 'right' : 'wrong')
    })
    const { end, tally, spentUsd } = await run.run(never)
    expect(end).toEqual({ kind: 'asked' })
    expect(tally).toEqual({ done: 30, graded: 30, failed: 0, empty: 0, meanQuality: 0.5 })
    expect(provider.mostOpen).toBe(8)
    expect(spentUsd).toBeCloseTo(30 * 1.01e-3, 12)
    expect(books.ends).toHaveLength(30)
    expect(store.saved[0]).toEqual({
      llm: 'new',
      probeSet: 's',
      probeId: 'p0',
      atMs: 7,
      quality: 1,
      costNanoUsd: 1_010_000,
      inputTokens: 1_000,
      outputTokens: 10,
      completionMs: expect.any(Number),
      error: undefined,
    })
  })

  it('goes on where an earlier run was stopped, and asks again what failed there', async () => {
    const store = new MemoryProbeStore()
    const stop = new AbortController()
    const first = asking(
      (_, index) => {
        if (index === 4) throw failing()
        if (index === 9) stop.abort()
        return says('right')
      },
      { concurrency: 1 },
      { store },
    )
    expect((await first.run.run(stop.signal)).end).toEqual({ kind: 'stopped', reason: 'stopped by its owner' })
    expect(await store.outcomes('s')).toHaveLength(10)
    const second = asking(right, { concurrency: 1 }, { store })
    expect((await second.run.run(never)).tally).toMatchObject({ done: 30, graded: 30, failed: 0 })
    expect(second.provider.calls).toHaveLength(21)
    const third = asking(right, {}, { store })
    expect((await third.run.run(never)).tally.graded).toBe(30)
    expect(third.provider.calls).toHaveLength(0)
  })

  it('keeps no outcome of a call that it cut off itself, and books what it may have cost', async () => {
    const stop = new AbortController()
    const { run, store, books } = asking(
      (_, index, signal) => {
        if (index < 2) return says('right')
        queueMicrotask(() => stop.abort())
        return new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(new ProviderError('aborted', 'left')))
        })
      },
      { concurrency: 1 },
    )
    await run.run(stop.signal)
    expect(store.saved).toHaveLength(2)
    expect(books.ends.at(-1)).toMatchObject({ status: 'aborted', costNanoUsd: undefined })
  })

  it('tries what failed once more at the end, and no more', async () => {
    const { run, provider } = asking(({ request }, index) => {
      const text = String(request.messages[0]!.content)
      if (text === 'question 3') throw failing()
      if (text === 'question 5' && index < 30) throw failing()
      return says('right')
    })
    const { tally } = await run.run(never)
    expect(tally).toMatchObject({ done: 30, graded: 29, failed: 1 })
    expect(provider.calls).toHaveLength(32)
  })

  it('gives a newcomer up whose first calls fail, and one that says nothing', async () => {
    const failed = asking(
      () => {
        throw failing('upstream_timeout')
      },
      { count: 300, concurrency: 1 },
    )
    const { end } = await failed.run.run(never)
    expect(end).toMatchObject({ kind: 'hopeless', reason: expect.stringContaining('upstream_timeout: no') })
    expect(failed.provider.calls).toHaveLength(10)
    const silent = asking(() => says('  '), { count: 300, concurrency: 1 })
    expect((await silent.run.run(never)).end).toEqual({
      kind: 'hopeless',
      reason: 'all of the first 20 answers were empty',
    })
    expect(silent.provider.calls).toHaveLength(20)
  })

  it('judges a run by its own calls: what failed before may be mended', async () => {
    const store = new MemoryProbeStore()
    const throwing: AnswerCall = () => {
      throw failing()
    }
    await asking(throwing, { count: 40 }, { store }).run.run(never)
    const { end, tally } = await asking(right, { count: 40 }, { store }).run.run(never)
    expect(end).toEqual({ kind: 'asked' })
    expect(tally.graded).toBe(40)
  })

  it('never begins a call that may cost more than what is left of the cap', async () => {
    const request = withOutputCap(simpleProbes(1)[0]!.probe.request, newcomer)
    const dear = dearestNanoUsd(newcomer.price!, request)
    // The bill is what the dearest call may come to, to the nano-USD.
    const usage = { inputTokens: 0, outputTokens: dear / 1_000 }
    const { run, provider, books } = asking(() => says('right', usage), { capUsd: (7.5 * dear) / 1e9 })
    const { end, spentUsd } = await run.run(never)
    expect(end).toEqual({ kind: 'capped' })
    expect(provider.calls).toHaveLength(7)
    expect(spentUsd).toBeCloseTo((7 * dear) / 1e9, 12)
    expect(books.opened).toEqual(new Array(7).fill(dear))
  })

  it('stops at once when bills are above all that could be expected, and counts an unknown bill as the dearest', async () => {
    const dear = asking(() => says('right', { inputTokens: 1, outputTokens: 100_000 }), {
      capUsd: 0.15,
      concurrency: 1,
    })
    const { end, spentUsd } = await dear.run.run(never)
    expect(end).toEqual({ kind: 'capped' })
    expect(dear.provider.calls).toHaveLength(2)
    expect(spentUsd).toBeGreaterThan(0.15)
    const unknown = asking(() => ({ ...says('right'), usage: undefined }), { count: 25 })
    const result = await unknown.run.run(never)
    const reserved = unknown.books.opened.reduce((sum, nanoUsd) => sum + nanoUsd, 0)
    expect(result.spentUsd).toBeCloseTo(reserved / 1e9, 12)
    expect(unknown.store.saved[0]).toMatchObject({ quality: 1, costNanoUsd: undefined })
  })

  it('counts what an interrupted run has spent against the same cap', async () => {
    const store = new MemoryProbeStore()
    const first = await asking(right, { capUsd: 0.015 }, { store }).run.run(never)
    expect(first.end).toEqual({ kind: 'capped' })
    const second = asking(right, { capUsd: 0.015 }, { store })
    expect((await second.run.run(never)).end).toEqual({ kind: 'capped' })
    expect(second.provider.calls.length).toBeLessThan(2)
  })

  it('counts bills of an earlier run that are not known as the dearest', async () => {
    const store = new MemoryProbeStore()
    const unbilled = asking(() => ({ ...says('right'), usage: undefined }), { count: 25, capUsd: 1 }, { store })
    const { spentUsd } = await unbilled.run.run(never)
    expect(spentUsd).toBeGreaterThan(0)
    const again = await asking(right, { count: 25, capUsd: 1 }, { store }).run.run(never)
    expect(again.spentUsd).toBeCloseTo(spentUsd, 12)
  })

  it('asks cheaper probes where a dear one does not fit into what is left', async () => {
    const [dear, ...cheap] = simpleProbes(30)
    const long = { ...dear!.probe, request: { ...dear!.probe.request, max_tokens: 100_000 } }
    const provider = new ScriptedNewcomer(right)
    const parts = { store: new MemoryProbeStore(), books: new MemoryBooks(), clock: { now: () => 7 } }
    const probes = [{ ...dear!, probe: long }, ...cheap]
    const { end, tally } = await new ProbeAsking(parts, probed(provider), probes, { probeSet: 's', capUsd: 0.05 }).run(
      never,
    )
    expect(end).toEqual({ kind: 'capped' })
    expect(tally.graded).toBe(29)
  })

  it('does not give up an LLM for the probes that it failed before', async () => {
    const store = new MemoryProbeStore()
    const failsSome: AnswerCall = ({ request }) => {
      if (/question 5\d$/.test(String(request.messages[0]!.content))) throw failing()
      return says('right')
    }
    const first = await asking(failsSome, { count: 60 }, { store }).run.run(never)
    expect(first).toMatchObject({ end: { kind: 'asked' }, tally: { graded: 50, failed: 10 } })
    const again = await asking(failsSome, { count: 60 }, { store }).run.run(never)
    expect(again).toMatchObject({ end: { kind: 'asked' }, tally: { graded: 50, failed: 10 } })
  })

  it('stops where the gateway allows no further call', async () => {
    const { run, provider } = asking(right, { concurrency: 1 }, { books: new MemoryBooks((index) => index < 3) })
    const { end } = await run.run(never)
    expect(end).toMatchObject({ kind: 'stopped', reason: expect.stringContaining('daily cap') })
    expect(provider.calls).toHaveLength(3)
  })

  it('refuses a cap without a price, and a set without a probe', () => {
    const llm = { ...newcomer, price: undefined }
    expect(() => asking(right, { capUsd: 1 }, { llm })).toThrowError(expect.objectContaining({ code: 'unknown_price' }))
    expect(() => asking(right, {}, { llm })).not.toThrow()
    expect(() => asking(right, { count: 0 })).toThrowError(expect.objectContaining({ code: 'no_usable_probe' }))
  })

  it('keeps what could not be graded as no quality, and ends with a fault of ours', async () => {
    const store = new MemoryProbeStore()
    const graded = simpleProbes(2).map(({ probe }) => ({
      probe,
      grader: {
        grade: async () => {
          throw new GradingError('not_graded', 'the judge was silent')
        },
      },
    }))
    const parts = { store, books: new MemoryBooks(), clock: { now: () => 7 } }
    const target = probed(new ScriptedNewcomer(right))
    await new ProbeAsking(parts, target, graded, { probeSet: 's' }).run(never)
    expect(store.saved[0]).toMatchObject({ quality: undefined, error: 'not graded: the judge was silent' })
    const broken = asking(() => {
      throw new TypeError('a fault of ours')
    })
    await expect(broken.run.run(never)).rejects.toThrow('a fault of ours')
  })

  it('tells how far it is', async () => {
    const seen: number[] = []
    const { run } = asking(right, { count: 12, onProgress: ({ done, total }) => seen.push(done / total) })
    await run.run(never)
    expect(seen[0]).toBe(0)
    expect(seen.at(-1)).toBe(1)
    expect(run.progress).toMatchObject({ done: 12, total: 12, meanQuality: 1, msLeft: 0 })
  })
})

describe('withOutputCap', () => {
  it('bounds every answer, and leaves an LLM that thinks room for it', () => {
    const request = { messages: [], max_completion_tokens: 100 }
    expect(withOutputCap({ messages: [] }, newcomer).max_tokens).toBe(4_096)
    expect(withOutputCap(request, newcomer)).toEqual({ messages: [], max_tokens: 100 })
    const thinking = { ...newcomer, capabilities: { reasoning: true, maxOutputTokens: 8_000 } }
    expect(withOutputCap(request, thinking).max_tokens).toBe(8_000)
  })
})
