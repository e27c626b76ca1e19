/**
 * Do the intervals of off-policy estimates hold what they promise? On sets where every LLM's outcome is known for every prompt the truth is
 * known: the target's expected value over the prompts. Logs are drawn from them with replacement, four logging policies choose, and what
 * they did not choose is hidden. Coverage of the 95 % interval of the difference in utility wherever a verdict is given, by DR, with what the number
 * of verdicts leaves open of it, and beside it how often the log is said not to say, and the coverage of the other estimators.
 * Run: npm exec -- node test/replay/off-policy.ts [set] [resamples] [sizes] [label share] [seed] [logging policy]
 */

import { estimateTarget } from '../../src/proof/off-policy/estimate-target.ts'
import { prepareLog } from '../../src/proof/off-policy/prepare-log.ts'
import { SeededRandom } from '../../src/routing/numeric/random-source.ts'
import { openLoggingPolicies } from './off-policy-logging.ts'
import { drawLog } from './off-policy-sample.ts'
import { Tally } from './off-policy-tally.ts'
import { openWorld } from './off-policy-world.ts'

const defaults = ['paretobandit', '200', '500,2000,10000', '1', '1', '']
const [set, resamples, sizes, labelShare, seed, only] = defaults.map((value, i) => process.argv[i + 2] ?? value) as [
  string,
  string,
  string,
  string,
  string,
  string,
]
const world = await openWorld(set)
const { targets, scale } = world
const started = performance.now()

console.log(
  `${set}: ${world.rows} prompts, ${world.llms.length} LLMs, λ = ${scale.lambda}, ${resamples} resamples, ${Number(labelShare) * 100} % of rows labelled, seed ${seed}`,
)
console.log(targets.map(({ name }) => name).join('; '))
console.log(Tally.header)
for (const size of sizes.split(',').map(Number)) {
  const probability = new Float64Array(size * world.llms.length)
  for (const logging of openLoggingPolicies(world, size)) {
    if (only !== '' && logging.name !== only) continue
    const tallies = targets.map(({ name }) => new Tally(`${size} ${logging.name}`, name))
    for (let resample = 0; resample < Number(resamples); resample++) {
      const random = new SeededRandom(Math.imul(resample + 1, 0x9e3779b1) ^ size ^ Math.imul(Number(seed), 0x85ebca6b))
      const { log, rowOf, servedValue } = drawLog(world, logging, size, Number(labelShare), random)
      const prepared = prepareLog(log)
      const width = world.llms.length
      targets.forEach((target, t) => {
        for (let i = 0; i < size; i++) {
          const from = rowOf[i]! * width
          for (let llm = 0; llm < width; llm++) probability[i * width + llm] = target.probability[from + llm]!
        }
        // What a log may say hangs on no estimate; of those that may not nothing more is worked out.
        const support = estimateTarget(prepared, { probability }, scale, { estimators: [] })
        const isRefused = support.verdict.refusals.length > 0
        const estimate = isRefused ? support : estimateTarget(prepared, { probability }, scale, { utilityOnly: true })
        tallies[t]!.add(estimate, { target: target.value, served: servedValue })
      })
    }
    for (const tally of tallies) console.log(tally.line())
  }
}
console.log(`${((performance.now() - started) / 1000).toFixed(0)} s`)
