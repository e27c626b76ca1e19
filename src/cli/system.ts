import { randomInt, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Clock } from '../routing/clock.ts'

/** The machine's time, in milliseconds with fractions. */
export const systemClock: Clock = { now: () => performance.timeOrigin + performance.now() }

/** 9 characters of time, then 64 random bits: sorts by time, unique over restarts and processes. */
export function newDecisionId(): string {
  const time = Math.floor(systemClock.now()).toString(36).padStart(9, '0')
  return time + randomUUID().replaceAll('-', '').slice(16)
}

export function newRequestId(): string {
  return `req_${randomUUID().replaceAll('-', '')}`
}

/** A fresh seed for draws that need not be repeatable. */
export function randomSeed(): number {
  return randomInt(2 ** 32)
}

/** This package's version. */
export function packageVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  return (manifest as { readonly version: string }).version
}
