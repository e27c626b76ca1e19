/** Answers that no difference counts for: they hold together sets that share no LLM. */
const priorAnswers = 10

const mostRounds = 400
const tolerance = 1e-7

/**
 * Lengths of answers as log(1 + tokens) = v_m + p_x by least squares, a term for the LLM and one for the prompt, so that who else
 * answered a prompt does not matter and LLMs that several sets measured join them. Prompts that some LLM answered with one token are
 * left out: they ask for a letter, and say nothing of how much an LLM writes.
 *
 * @param tokens row-major, prompts × llms; NaN is unknown.
 * @returns v of each LLM, of mean 0 over those with answers; 0 for one without.
 */
export function fitVerbosity(tokens: Float64Array, llms: number): Float64Array {
  const rows: { readonly llm: number; readonly log: number }[][] = []
  for (let start = 0; start < tokens.length; start += llms) {
    const row = Array.from(tokens.subarray(start, start + llms), (count, llm) => ({ llm, log: Math.log1p(count) }))
    const known = row.filter(({ log }) => !Number.isNaN(log))
    if (known.length > 1 && known.every(({ log }) => log > Math.log1p(1))) rows.push(known)
  }
  const verbosity = new Float64Array(llms)
  const answers = new Float64Array(llms)
  for (const row of rows) for (const { llm } of row) answers[llm]!++
  const sums = new Float64Array(llms)
  for (let round = 0, change = 1; round < mostRounds && change > tolerance; round++) {
    sums.fill(0)
    for (const row of rows) {
      const prompt = row.reduce((sum, { llm, log }) => sum + log - verbosity[llm]!, 0) / row.length
      for (const { llm, log } of row) sums[llm]! += log - prompt
    }
    change = 0
    for (let llm = 0; llm < llms; llm++) {
      const next = sums[llm]! / (answers[llm]! + priorAnswers)
      change = Math.max(change, Math.abs(next - verbosity[llm]!))
      verbosity[llm] = next
    }
  }
  const measured = answers.reduce((count, one) => count + Number(one > 0), 0)
  const mean = verbosity.reduce((sum, value) => sum + value, 0) / Math.max(1, measured)
  return verbosity.map((value, llm) => (answers[llm] === 0 ? 0 : value - mean))
}
