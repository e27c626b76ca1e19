import { isJsonObject, type JsonObject } from '../providers/chat-provider.ts'
import { withoutThinking } from './final-answer.ts'
import { parseJsonAnswer } from './json-grader.ts'
import { bestScore } from './judge-prompt.ts'

const maxReasonCharacters = 300

/** A score in [0, 1] with its reason; undefined where the judge did not say one. */
export function readScore(text: string): { readonly quality: number; readonly reason: string | undefined } | undefined {
  const verdict = readObject(text, 'score')
  const score = verdict === undefined ? scoreInWords(withoutThinking(text)) : numberOf(verdict.score)
  if (score === undefined || !(score >= 0 && score <= bestScore)) return undefined
  return { quality: score / bestScore, reason: reasonOf(verdict) }
}

/** Undefined where the judge did not choose. */
export function readPreference(
  text: string,
): { readonly better: 'first' | 'second' | 'tie'; readonly reason: string | undefined } | undefined {
  const verdict = readObject(text, 'better')
  const better = typeof verdict?.better === 'string' ? verdict.better.trim().toLowerCase() : undefined
  if (better !== 'first' && better !== 'second' && better !== 'tie') return undefined
  return { better, reason: reasonOf(verdict) }
}

/** The whole, a fenced block, or the last object in the text that has the field: judges talk, whatever they are told. */
function readObject(text: string, field: string): JsonObject | undefined {
  const plain = withoutThinking(text)
  const whole = parseJsonAnswer(plain)?.value
  if (isJsonObject(whole) && field in whole) return whole
  const objects = [...plain.matchAll(/\{[^{}]*\}/gu)].reverse()
  for (const [candidate] of objects) {
    const value = parseJsonAnswer(candidate)?.value
    if (isJsonObject(value) && field in value) return value
  }
  return undefined
}

/** "Score: 7/10", "8 out of 10", or the number alone. */
function scoreInWords(text: string): number | undefined {
  const said =
    /score["*_]{0,9}\s{0,9}(?:is|:|=)?[\s*_]{0,9}(\d+(?:\.\d+)?)(?:\s*(?:\/|out of)\s*10)?(?![\d.]*\s*(?:\/|out of))/iu.exec(
      text,
    )
  const ofTen = /(?<![\d.])(\d+(?:\.\d+)?)\s*(?:\/|out of)\s*10(?!\d)/iu.exec(text)
  const alone = /^\s*(\d+(?:\.\d+)?)\s*$/u.exec(text)
  const found = (alone ?? said ?? ofTen)?.[1]
  return found === undefined ? undefined : Number(found)
}

/** Some quote their numbers. */
function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  return typeof value === 'string' && /^\s*\d+(?:\.\d+)?(?:\s*\/\s*10)?\s*$/u.test(value)
    ? Number.parseFloat(value)
    : undefined
}

function reasonOf(verdict: JsonObject | undefined): string | undefined {
  return typeof verdict?.reason === 'string' ? verdict.reason.slice(0, maxReasonCharacters) : undefined
}
