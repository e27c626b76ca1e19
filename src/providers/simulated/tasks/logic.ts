import { gradeText, gradeYesNo } from './grading.ts'
import { integer, pick, pickSome, type TaskKind } from './task-kind.ts'

/** Comparative, superlative and the opposites of both. */
const scales = [
  ['taller', 'tallest', 'shorter', 'shortest'],
  ['older', 'oldest', 'younger', 'youngest'],
  ['faster', 'fastest', 'slower', 'slowest'],
  ['heavier', 'heaviest', 'lighter', 'lightest'],
] as const
const people = ['Anna', 'Ben', 'Carla', 'David', 'Elif', 'Farid', 'Greta', 'Hugo', 'Ines', 'Jonas'] as const
const sorts = ['lanterns', 'bakers', 'sailors', 'owls', 'kites', 'poets', 'robots', 'tulips'] as const

/** Orders from pairwise comparisons, and chains of “all A are B”. */
export const logic: TaskKind = {
  name: 'logic',
  example: 'Anna is taller than Ben. Carla is shorter than Ben. Who is the tallest?',

  generate(random) {
    if (random.next() < 0.3) return generateSyllogism(random)
    const [more, most, less, least] = pick(random, scales)
    const order = pickSome<string>(random, people, integer(random, 3, 5))
    const facts = order.slice(1).map((lower, i) => {
      const higher = order[i]!
      return random.next() < 0.5 ? `${higher} is ${more} than ${lower}.` : `${lower} is ${less} than ${higher}.`
    })
    const story = pickSome(random, facts, facts.length).join(' ')
    const [a, b] = pickSome(random, order, 2) as [string, string]
    const isMore = order.indexOf(a) < order.indexOf(b)
    return pick(random, [
      { prompt: `${story} Who is the ${most}?`, answer: order[0]! },
      { prompt: `${story} Who is the ${least}?`, answer: order.at(-1)! },
      { prompt: `${story} Is ${a} ${more} than ${b}? Answer yes or no.`, answer: isMore ? 'yes' : 'no' },
    ])
  },

  solve(prompt) {
    if (prompt.length > 3000) return undefined
    return solveOrder(prompt) ?? solveSyllogism(prompt)
  },

  wrongAnswer(answer, random) {
    if (answer === 'yes' || answer === 'no') return answer === 'yes' ? 'no' : 'yes'
    return pick(
      random,
      people.filter((person) => person !== answer),
    )
  },

  grade(answer, reply) {
    return answer === 'yes' || answer === 'no' ? gradeYesNo(answer, reply) : gradeText(answer, reply)
  },
}

function generateSyllogism(random: { next(): number }): { readonly prompt: string; readonly answer: string } {
  const chain = pickSome(random, sorts, integer(random, 3, 4))
  const facts = chain.slice(1).map((wider, i) => `All ${chain[i]} are ${wider}.`)
  const follows = random.next() < 0.5
  const [narrow, wide] = follows ? [chain[0], chain.at(-1)] : [chain.at(-1), chain[0]]
  const question = `Does it follow that all ${narrow} are ${wide}? Answer yes or no.`
  return { prompt: `${facts.join(' ')} ${question}`, answer: follows ? 'yes' : 'no' }
}

/** Names that can be reached from `start` by the given arrows, itself left out. */
function reachable(arrows: ReadonlyMap<string, ReadonlySet<string>>, start: string): Set<string> {
  const seen = new Set<string>()
  const pending = [start]
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    for (const next of arrows.get(name) ?? []) {
      if (seen.has(next)) continue
      seen.add(next)
      pending.push(next)
    }
  }
  return seen
}

function addArrow(arrows: Map<string, Set<string>>, from: string, to: string): void {
  arrows.set(from, (arrows.get(from) ?? new Set()).add(to))
}

function solveOrder(prompt: string): string | undefined {
  const above = new Map<string, Set<string>>()
  const names = new Set<string>()
  const facts = /(?<!\bIs )\b(\p{Lu}[\p{L}-]*) is (\p{Ll}+) than (\p{Lu}[\p{L}-]*)/gu
  let scale: (typeof scales)[number] | undefined
  for (const [, a, word, b] of prompt.matchAll(facts)) {
    const found = scales.find((entry) => entry[0] === word || entry[2] === word)
    if (found === undefined || (scale !== undefined && found !== scale)) return undefined
    scale = found
    const [higher, lower] = word === found[0] ? [a!, b!] : [b!, a!]
    names.add(a!).add(b!)
    addArrow(above, higher, lower)
  }
  if (scale === undefined) return undefined
  return answerAboutOrder(prompt, scale, above, names)
}

function answerAboutOrder(
  prompt: string,
  [more, most, less, least]: (typeof scales)[number],
  above: ReadonlyMap<string, ReadonlySet<string>>,
  names: ReadonlySet<string>,
): string | undefined {
  const superlative = /\b(?:who|which)\b[^?]*?\b(?:is|are)\b[^?]*?\b(\p{L}+est)\b/iu.exec(prompt)?.[1]?.toLowerCase()
  if (superlative === most) return [...names].find((name) => reachable(above, name).size === names.size - 1)
  if (superlative === least) {
    return [...names].find((name) => [...names].every((other) => other === name || reachable(above, other).has(name)))
  }
  const asked = /\bIs (\p{Lu}[\p{L}-]*) (\p{Ll}+) than (\p{Lu}[\p{L}-]*)\s*\?/u.exec(prompt)
  if (asked === null || (asked[2] !== more && asked[2] !== less)) return undefined
  const [higher, lower] = asked[2] === more ? [asked[1]!, asked[3]!] : [asked[3]!, asked[1]!]
  if (reachable(above, higher).has(lower)) return 'yes'
  return reachable(above, lower).has(higher) ? 'no' : undefined
}

function solveSyllogism(prompt: string): string | undefined {
  const question =
    /(?:does it follow that all|are all|is it true that all|must all)\s+(\p{L}+)\s+(?:are\s+|be\s+)?(\p{L}+)\s*\?/iu.exec(
      prompt,
    )
  if (question === null) return undefined
  const within = new Map<string, Set<string>>()
  for (const [, narrow, wide] of prompt.slice(0, question.index).matchAll(/\ball (\p{L}+) are (\p{L}+)/giu)) {
    addArrow(within, narrow!.toLowerCase(), wide!.toLowerCase())
  }
  if (within.size === 0) return undefined
  return reachable(within, question[1]!.toLowerCase()).has(question[2]!.toLowerCase()) ? 'yes' : 'no'
}
