import { randomInt, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Clock } from '../routing/clock.ts'

/** Beyond this the wall clock was set, or the machine slept: fractions are not worth being wrong by more. */
const largestDriftMs = 5

/** The machine's time in milliseconds, with fractions that durations can use; follows the wall clock when that is set. */
class SystemClock implements Clock {
  #offset = performance.timeOrigin

  now(): number {
    const wall = Date.now()
    const fine = this.#offset + performance.now()
    if (Math.abs(fine - wall) <= largestDriftMs) return fine
    this.#offset += wall - fine
    return wall
  }
}

export const systemClock: Clock = new SystemClock()

/** 9 characters of time, then 62 random bits: sorts by time, unique over restarts and processes. */
export function newDecisionId(): string {
  return decisionIdAt(systemClock.now()) + randomUUID().replaceAll('-', '').slice(16)
}

/** Sorts before the ids of all decisions made from that time on. */
export function decisionIdAt(ms: number): string {
  return Math.floor(ms).toString(36).padStart(9, '0')
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
