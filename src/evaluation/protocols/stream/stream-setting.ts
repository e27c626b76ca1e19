import type { SettingValue } from '../../evaluation-result.ts'

/** What comes back after each answer of the online part. */
export type StreamFeedback = 'none' | 'refined' | 'binary'

/** Willingness to pay, from where money decides almost alone to where quality does. 1.4 is MixLLM's headline setting. */
export const lambdas = [0.1, 0.5, 1.4, 2.5, 5, 10, 20, 100] as const

/** Finer, for curves that need no learning. */
export const curveLambdas: readonly number[] = Array.from({ length: 17 }, (_, i) =>
  Number((10 ** (-2 + i / 4)).toPrecision(3)),
)

/** Share of the training prompts that the offline part is fitted on; the others are the stream. MixLLM, Table 1. */
export const offlineShares = [0.8, 0.5, 0.3] as const

/** τ, seconds (MixLLM, section 4.2), and none. */
export const timeLimitsSeconds = [null, 30] as const

export const requestsPerSecond = 10

/** MixLLM refreshes the waiting times that routers see every 10 s. */
export const refreshMs = 10_000

/** The simulated user is satisfied by a quality above .7 that came within 15 s (MixLLM, section 4.3). */
export const satisfyingQuality = 0.7
export const satisfyingMs = 15_000

/** What every row of the protocol says of itself. */
export interface StreamSetting {
  /** Seconds. */
  readonly timeLimit: number | null
  readonly [key: string]: SettingValue
}

/** What a router's row says; experiments add what they vary. References leave out what they do not depend on. */
export interface RouterSetting extends StreamSetting {
  readonly lambda: number
  readonly offlineShare: number
  readonly feedback: StreamFeedback
}

/** One string per setting, whatever the order of its keys. */
export function settingKey(policy: string, setting: StreamSetting): string {
  const parts = Object.keys(setting)
    .sort()
    .map((key) => `${key}=${setting[key]}`)
  return [policy, ...parts].join(' ')
}
