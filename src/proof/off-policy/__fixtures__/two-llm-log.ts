import { type OffPolicyLog, OffPolicyLogBuilder } from '../off-policy-log.ts'

/** LLMs a and b of equal worth; a is drawn in every row, b could have been with the probability told, row by row. */
export function twoLlmLog(chances: readonly number[]): OffPolicyLog {
  const builder = new OffPolicyLogBuilder()
  chances.forEach((chance, i) => {
    builder.add({
      cluster: `d${i}`,
      llms: ['a', 'b'],
      logging: [1 - chance, chance],
      qualityEstimate: [0.5, 0.5],
      costEstimate: [0.001, 0.001],
      drawn: 0,
      propensity: 1 - chance,
      quality: 0.5,
      costUsd: 0.001,
    })
  })
  return builder.build()
}
