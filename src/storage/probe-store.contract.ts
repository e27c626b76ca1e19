import { expect, it } from 'vitest'
import type { ProbeOutcome, ProbeRun } from '../routing/probe-store.ts'
import type { Storage } from './storage.ts'

/** What LLMs did with probes, and onboarding runs. */
export function describeProbes(use: () => Storage, openAgain: () => Promise<Storage>): void {
  const outcome = (llm: string, probeId: string, fields: Partial<ProbeOutcome> = {}): ProbeOutcome => ({
    llm,
    probeSet: 'builtin-1',
    probeId,
    atMs: 1000,
    quality: 0.1 + 0.2,
    costNanoUsd: 1234,
    inputTokens: 40,
    outputTokens: 9,
    completionMs: 812.5,
    error: undefined,
    ...fields,
  })
  const unknown = {
    quality: undefined,
    costNanoUsd: undefined,
    inputTokens: undefined,
    outputTokens: undefined,
    completionMs: undefined,
    error: 'upstream_timeout',
  }
  const run = (id: string, startedAtMs: number, fields: Partial<ProbeRun> = {}): ProbeRun => ({
    id,
    llm: 'a',
    probeSet: 'builtin-1',
    startedAtMs,
    endedAtMs: undefined,
    status: 'running',
    probes: 50,
    capUsd: undefined,
    report: undefined,
    ...fields,
  })

  it('keeps of each LLM and probe the latest outcome, set by set, also after it was opened anew', async () => {
    await use().probes.saveOutcome(outcome('a', 'p2', unknown))
    await use().probes.saveOutcome(outcome('a', 'p1', unknown))
    await use().probes.saveOutcome(outcome('a', 'p1', { quality: 0 }))
    await use().probes.saveOutcome(outcome('b', 'p1', { quality: 1 }))
    await use().probes.saveOutcome(outcome('a', 'p1', { probeSet: 'other' }))
    const other = await openAgain()
    const ofA = [outcome('a', 'p1', { quality: 0 }), outcome('a', 'p2', unknown)]
    expect(await other.probes.outcomes('builtin-1')).toStrictEqual([...ofA, outcome('b', 'p1', { quality: 1 })])
    expect(await other.probes.outcomes('builtin-1', 'a')).toStrictEqual(ofA)
    expect(await other.probes.outcomes('builtin-1', 'c')).toEqual([])
    await other.close()
  })

  it('forgets all of an LLM and nothing else', async () => {
    await use().probes.saveOutcome(outcome('a', 'p1'))
    await use().probes.saveOutcome(outcome('a', 'p1', { probeSet: 'other' }))
    await use().probes.saveOutcome(outcome('b', 'p1'))
    expect(await use().probes.forget('a')).toBe(2)
    expect(await use().probes.forget('a')).toBe(0)
    expect(await use().probes.outcomes('builtin-1')).toEqual([outcome('b', 'p1')])
  })

  it.each([{ quality: 1.5 }, { quality: -0.1 }, { costNanoUsd: 0.5 }, { atMs: Number.NaN }])(
    'refuses an outcome of %o',
    async (fields) => {
      const saved = use().probes.saveOutcome(outcome('a', 'p1', fields))
      await expect(saved).rejects.toMatchObject({ code: 'storage_conflict' })
      expect(await use().probes.outcomes('builtin-1')).toEqual([])
    },
  )

  it('keeps runs, the latest first, and what became of them', async () => {
    expect(await use().probes.run('r1')).toBeUndefined()
    const ended = run('r1', 1000, { endedAtMs: 9000, status: 'admitted', capUsd: 0.5, report: '{"share":0.25}' })
    await use().probes.saveRun(run('r1', 1000))
    await use().probes.saveRun(run('r3', 3000))
    await use().probes.saveRun(run('r2', 2000, { status: 'stopped' }))
    await use().probes.saveRun(ended)
    expect(await use().probes.run('r1')).toStrictEqual(ended)
    const runs = await use().probes.runs(10)
    expect(runs).toEqual([run('r3', 3000), run('r2', 2000, { status: 'stopped' }), ended])
    expect(await use().probes.runs(1)).toEqual([run('r3', 3000)])
  })
}
