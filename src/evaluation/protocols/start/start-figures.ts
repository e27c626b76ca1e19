import type { Figure, FigurePoint } from '../../evaluation-result.ts'
import { type FinishedStart, type StartPolicy, startOrder, startPolicies } from './run-start-order.ts'
import { type StartPlan, startLambdas } from './start-plan.ts'

/** Prompts that a point of a curve is the mean of, and steps between two points. */
const window = 50
const stride = 10

/** Utility over the first requests, with the starter and without, one chart per λ. */
export function startFigures(plan: StartPlan, orders: readonly FinishedStart[]): Figure[] {
  return startLambdas.map((lambda, index) => ({
    id: `utility-lambda-${lambda}`,
    kind: 'curves',
    title: `The first requests at λ = ${lambda}`,
    caption: `Mean utility of the last ${window} requests, over all orders, with the starter policy (pointsman) and from list prices (cold-start). Where the lines are apart, the starter makes the difference; later both have learned.`,
    x: { label: 'Requests since the start' },
    y: { label: 'Utility' },
    series: startPolicies.map((policy) => ({
      name: policy,
      role: policy === 'pointsman' ? 'pointsman' : 'baseline',
      points: rollingUtility(plan, orders, index, policy),
    })),
  }))
}

function rollingUtility(
  { prepared, split, costReferenceUsd }: StartPlan,
  orders: readonly FinishedStart[],
  lambdaIndex: number,
  policy: StartPolicy,
): FigurePoint[] {
  const { quality, costUsd, llms } = prepared.data
  const lambda = startLambdas[lambdaIndex]!
  const steps = Math.min(...orders.map(({ output }) => output[lambdaIndex]![policy].length))
  const sums = new Float64Array(steps)
  for (const { seed, output } of orders) {
    const rows = startOrder(split.test, seed)
    for (let step = 0; step < steps; step++) {
      const cell = rows[step]! * llms.length + output[lambdaIndex]![policy][step]!
      sums[step]! += (lambda * quality[cell]! - costUsd[cell]! / costReferenceUsd) / (1 + lambda)
    }
  }
  const points: FigurePoint[] = []
  for (let end = window; end <= steps; end += stride) {
    const sum = sums.subarray(end - window, end).reduce((total, value) => total + value, 0)
    points.push({ x: end, y: sum / window / orders.length })
  }
  return points
}
