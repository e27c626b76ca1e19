import { expect, test } from 'vitest'
import type { ReplayReport } from '../../proof/off-policy/replay-log.ts'
import type { Replays } from './replay-desk.ts'
import { SingleReplay } from './single-replay.ts'

test('refuses a second replay while one is under way, and takes the next one however that ended', async () => {
  const ends: { resolve: (report: ReplayReport) => void; reject: (error: Error) => void }[] = []
  const replays: Replays = { replay: () => new Promise((resolve, reject) => ends.push({ resolve, reject })) }
  const single = new SingleReplay(replays)
  const report = { targets: [] } as unknown as ReplayReport

  const first = single.replay({ lambda: 1 })
  await expect(single.replay({ lambda: 2 })).rejects.toMatchObject({
    name: 'GatewayError',
    code: 'too_many_concurrent_requests',
    retryAfterMs: 5_000,
  })
  ends[0]!.resolve(report)
  expect(await first).toBe(report)

  const second = single.replay({ lambda: 3 })
  ends[1]!.reject(new Error('No space'))
  await expect(second).rejects.toThrow('No space')
  const third = single.replay({ lambda: 4 })
  ends[2]!.resolve(report)
  expect(await third).toBe(report)
})
