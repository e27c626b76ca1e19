import { SeededRandom } from '../../routing/numeric/random-source.ts'

/**
 * How often the simulated verifier is wrong about a right answer, and about a wrong one, when it accepts from a confidence
 * of one half. Declared, not measured: no shared set records verifier outputs.
 */
export const verifierErrorRate = 0.2

/**
 * Confidence in [0, 1] that an answer is good, as a cascade would get it by having the LLM check its own answer. SIMULATED from
 * the recorded quality q: σ((2q − 1)·ln((1 − ε)/ε) + L), L standard logistic, so that at the threshold ½ a right answer is
 * rejected and a wrong one accepted with probability ε = {@link verifierErrorRate}. A prompt and an LLM always get the same
 * confidence, whatever else is drawn. An unknown quality counts as one half.
 *
 * @param quality row-major, texts × width.
 */
export function simulatedVerifier(
  texts: readonly string[],
  quality: Float64Array,
  width: number,
): (prompt: number, llm: number) => number {
  const strength = Math.log((1 - verifierErrorRate) / verifierErrorRate)
  const hashes = texts.map(hash)
  return (prompt, llm) => {
    const recorded = quality[prompt * width + llm]!
    const centred = Number.isNaN(recorded) ? 0 : 2 * recorded - 1
    const random = new SeededRandom(hashes[prompt]! ^ Math.imul(llm + 1, 0x9e3779b1))
    const u = Math.min(1 - 1e-12, Math.max(1e-12, random.next()))
    return 1 / (1 + Math.exp(-(centred * strength + Math.log(u / (1 - u)))))
  }
}

/** FNV-1a over UTF-16 units, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193)
  return value
}
