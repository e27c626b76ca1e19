import type { RandomSource } from '../../../routing/numeric/random-source.ts'
import { integer } from './task-kind.ts'

const numberPattern = /[-−]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?/gi

/** The last number in a text, which is where answers stand; undefined when there is none. */
export function lastNumber(text: string): number | undefined {
  const found = text.match(numberPattern)?.at(-1)
  return found === undefined ? undefined : Number(found.replaceAll(',', '').replace('−', '-'))
}

/** 1 when the last number of the reply is the answer: exactly if it is whole, else to one part in 10⁴ for rounding. */
export function gradeNumber(answer: string, reply: string): number {
  const expected = Number(answer)
  const given = lastNumber(reply)
  if (given === undefined) return 0
  if (Number.isInteger(expected)) return given === expected ? 1 : 0
  return Math.abs(given - expected) <= Math.max(5e-6, Math.abs(expected) * 1e-4) ? 1 : 0
}

/** A number near the right one, as slips are: a digit off, a carry lost. */
export function wrongNumber(answer: string, random: RandomSource): string {
  const value = Number(answer)
  const decimals = answer.split('.')[1]?.length ?? 0
  const tenth = Math.max(1, Math.round(Math.abs(value) * 0.1))
  const slips = [1, 2, 10].filter((slip) => slip > Math.abs(value) * 1e-3)
  const slip = (slips[integer(random, 0, slips.length)] ?? tenth) * (random.next() < 0.5 ? -1 : 1)
  return (value + slip).toFixed(decimals)
}

/** Lower case, one space between words, no quotes, no closing punctuation. */
function plain(text: string): string {
  return text
    .toLowerCase()
    .replace(/["'`*“”‘’]/g, '')
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/[.!]+$/, '')
}

/** 1 when the reply is the answer, or ends with it after other words. */
export function gradeText(answer: string, reply: string): number {
  const expected = plain(answer)
  const given = plain(reply)
  if (given === expected) return 1
  return given.endsWith(` ${expected}`) ? 1 : 0
}

/** 1 when the reply says the right one of yes and no, and not both. */
export function gradeYesNo(answer: string, reply: string): number {
  const said = new Set(plain(reply).match(/\b(?:yes|no)\b/g))
  return said.size === 1 && said.has(plain(answer)) ? 1 : 0
}
