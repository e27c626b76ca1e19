import { normaliseText } from '../outcomes/deduplicate.ts'
import { promptGroups } from '../outcomes/prompt-groups.ts'
import type { Probe } from './probe.ts'

/** Words in a row by which texts are compared. */
const gramWords = 4

/** Of the runs of words of two questions together, shared by both. */
const largestSharedGrams = 0.5

/**
 * Ids of probes that ask nearly the same: questions whose cosine is above .8 ({@link promptGroups}), and, more strictly, those that share
 * half of their runs of four words or more. Lines that probes of one task have in common are its material (a passage, a table, a schema), not the question,
 * and are left out; of a long text only its last paragraph counts.
 *
 * @returns groups of two or more.
 */
export function nearDuplicateProbes(probes: readonly Probe[]): readonly (readonly string[])[] {
  const questions = questionsOf(probes)
  const { groupOf } = promptGroups(
    probes.map(({ id }, index) => ({ id, source: '', text: questions[index]!, extra: {} })),
  )
  const groups = Int32Array.from(groupOf)
  for (const [a, b] of pairsOfSharedGrams(questions)) {
    const [from, to] = [groups[b]!, groups[a]!]
    groups.forEach((group, index) => {
      if (group === from) groups[index] = to
    })
  }
  const members = new Map<number, string[]>()
  groups.forEach((group, index) => {
    members.set(group, [...(members.get(group) ?? []), probes[index]!.id])
  })
  return [...members.values()].filter((ids) => ids.length > 1)
}

/** What a person would be asked, without what others of the task are given too. */
function questionsOf(probes: readonly Probe[]): string[] {
  const counts = new Map<string, number>()
  const linesOf = probes.map(({ request, task }) => {
    const lines = new Set(request.messages.flatMap(({ content }) => textOf(content).split('\n')))
    const keyed = [...lines].filter((line) => line.trim() !== '').map((line) => [line, `${task}\n${line}`] as const)
    for (const [, key] of keyed) counts.set(key, (counts.get(key) ?? 0) + 1)
    return keyed
  })
  return linesOf.map((lines) => {
    const own = lines.filter(([, key]) => counts.get(key) === 1)
    return (own.length > 0 ? own : lines).map(([line]) => line).join('\n')
  })
}

/** Longer texts are material, and the question stands at their end. */
const longTextCharacters = 8_000

function textOf(content: unknown): string {
  const text = typeof content === 'string' ? content : JSON.stringify(content ?? '')
  return text.length > longTextCharacters ? text.slice(text.trimEnd().lastIndexOf('\n\n') + 1) : text
}

function pairsOfSharedGrams(texts: readonly string[]): (readonly [number, number])[] {
  const grams = texts.map(gramsOf)
  const textsOf = new Map<string, number[]>()
  const pairs: (readonly [number, number])[] = []
  grams.forEach((own, index) => {
    const shared = new Map<number, number>()
    for (const gram of own) {
      const others = textsOf.get(gram) ?? []
      for (const other of others) shared.set(other, (shared.get(other) ?? 0) + 1)
      others.push(index)
      textsOf.set(gram, others)
    }
    for (const [other, count] of shared) {
      if (count / (own.size + grams[other]!.size - count) >= largestSharedGrams) pairs.push([other, index])
    }
  })
  return pairs
}

function gramsOf(text: string): Set<string> {
  const words = normaliseText(text).match(/[\p{L}\p{N}\p{M}]+/gu) ?? []
  return new Set(words.slice(gramWords - 1).map((_, start) => words.slice(start, start + gramWords).join(' ')))
}
