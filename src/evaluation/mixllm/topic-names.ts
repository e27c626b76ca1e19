/** Words that name a topic. */
const wordsPerTopic = 2

/** Shorter words seldom say what a prompt is about. */
const word = /\p{L}{4,}/gu

/** Of a prompt; the question stands at the end. */
const charactersRead = 600

/**
 * Names clusters of prompts by their two most telling words: those with the largest p(word|cluster)·log(p(word|cluster)/p(word)),
 * p being the share of prompts that have the word. Equal names get a number.
 *
 * @param topicOf of each text, 0 … count − 1.
 */
export function topicNames(texts: readonly string[], topicOf: Int32Array, count: number): string[] {
  const overall = new Map<string, number>()
  const byTopic = Array.from({ length: count }, () => new Map<string, number>())
  const sizes = new Float64Array(count)
  texts.forEach((text, row) => {
    const topic = topicOf[row]!
    sizes[topic]!++
    for (const found of new Set(text.slice(-charactersRead).toLowerCase().match(word) ?? [])) {
      overall.set(found, (overall.get(found) ?? 0) + 1)
      byTopic[topic]!.set(found, (byTopic[topic]!.get(found) ?? 0) + 1)
    }
  })
  const used = new Set<string>()
  return byTopic.map((words, topic) => {
    const telling = [...words]
      .map(([found, prompts]) => {
        const share = prompts / sizes[topic]!
        return { found, weight: share * Math.log(share / (overall.get(found)! / texts.length)) }
      })
      .sort((a, b) => b.weight - a.weight || (a.found < b.found ? -1 : 1))
    const name = `topic:${telling
      .slice(0, wordsPerTopic)
      .map(({ found }) => found)
      .join('-')}`
    let unique = name
    for (let number = 2; used.has(unique); number++) unique = `${name}-${number}`
    used.add(unique)
    return unique
  })
}
