import type { OutcomeData } from '../src/outcomes/outcome-data.ts'
import { unknownCells } from '../src/outcomes/outcome-data.ts'
import { nextNormal, SeededRandom } from '../src/routing/numeric/random-source.ts'

const topics = 40
const wordsPerTopic = 60
const commonWords = 2000
const wordsPerPrompt = 80

/**
 * Outcome data with structure, of any size: every prompt has one of 40 topics, from whose words a third of its own come;
 * every LLM has a level by its price and a skill of its own in each topic; answers are right or wrong, their lengths log-normal
 * by topic and LLM. Costs are tokens × price.
 */
export function generatedOutcomes(prompts: number, llms: number, seed: number): OutcomeData {
  const random = new SeededRandom(seed)
  const pick = (count: number): number => Math.floor(random.next() * count)
  const normal = (): number => nextNormal(random)
  const skill = Float64Array.from({ length: topics * llms }, () => 0.2 * normal())
  const verbosity = Float64Array.from({ length: topics * llms }, () => 5 + 0.5 * normal())
  const prices = Array.from({ length: llms }, (_, llm) => 0.05 * 400 ** (llm / Math.max(1, llms - 1)))
  const topicOf = Int32Array.from({ length: prompts }, () => pick(topics))
  const cells = prompts * llms
  const made = { quality: unknownCells(cells), costUsd: unknownCells(cells) }
  const tokens = { inputTokens: unknownCells(cells), outputTokens: unknownCells(cells) }
  for (let cell = 0; cell < cells; cell++) {
    const llm = cell % llms
    const trait = topicOf[Math.floor(cell / llms)]! * llms + llm
    const level = 0.5 + (0.3 * llm) / Math.max(1, llms - 1)
    const output = Math.ceil(Math.exp(verbosity[trait]! + 0.4 * normal()))
    made.quality[cell] = random.next() < level + skill[trait]! ? 1 : 0
    tokens.inputTokens[cell] = wordsPerPrompt * 1.5
    tokens.outputTokens[cell] = output
    made.costUsd[cell] = ((wordsPerPrompt * 1.5 + 4 * output) * prices[llm]!) / 1e6
  }
  return {
    name: 'generated',
    prompts: Array.from(topicOf, (topic, row) => ({
      id: String(row),
      source: `topic-${topic}`,
      text: madeText(topic, pick),
      extra: {},
    })),
    llms: prices.map((price, llm) => ({
      id: `llm-${llm}`,
      price: { inputPerMillionTokensUsd: price, outputPerMillionTokensUsd: 4 * price },
      base: `llm-${llm}`,
      extra: {},
    })),
    ...made,
    ...tokens,
    latencyMs: unknownCells(cells),
  }
}

function madeText(topic: number, pick: (count: number) => number): string {
  return Array.from({ length: wordsPerPrompt }, () =>
    pick(3) === 0 ? word(commonWords + topic * wordsPerTopic + pick(wordsPerTopic)) : word(pick(commonWords)),
  ).join(' ')
}

/** Pronounceable, and another one for each number. */
function word(number: number): string {
  let text = ''
  for (let rest = number + 1; rest > 0; rest = Math.floor(rest / 90)) {
    const syllable = rest % 90
    text += 'bcdfghjklmnprstvwz'[syllable % 18]! + 'aeiou'[Math.floor(syllable / 18)]!
  }
  return text
}
