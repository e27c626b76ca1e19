import { type ModelName, matchNames } from './model-name.ts'
import type { StarterLlm } from './starter-model.ts'

/** Sizes of one line count only where they differ by at least this, decades. */
const leastSpread = 0.1

/** log₁₀ of the parameters in billions, `8x7b` as 56; undefined where the name tells none. */
export function logSize({ size }: ModelName): number | undefined {
  if (size === '') return undefined
  const parameters = size
    .replace('b', '')
    .split('x')
    .reduce((product, factor) => product * Number(factor), 1)
  return parameters > 0 ? Math.log10(parameters) : undefined
}

/**
 * What an LLM's size says of its ability beside siblings whose sizes are known: their mean, moved along the slope that ability
 * has over log size within the measured lines (mathematics §22).
 *
 * @param names of `llms`, in their order.
 * @returns undefined where its size or that of every sibling is unknown, or no line was measured at two sizes.
 */
export function abilityBySize(
  wanted: ModelName,
  names: readonly ModelName[],
  llms: readonly StarterLlm[],
): number | undefined {
  const own = logSize(wanted)
  if (own === undefined) return undefined
  const sized = names.flatMap((name, i) => {
    const x = logSize(name)
    return x === undefined ? [] : [{ name, x, y: llms[i]!.ability }]
  })
  const siblings = sized.filter(({ name }) => matchNames(wanted, name) === 'sibling')
  const slope = slopeWithinLines(sized)
  if (siblings.length === 0 || slope === undefined) return undefined
  return mean(siblings.map(({ y }) => y)) + slope * (own - mean(siblings.map(({ x }) => x)))
}

function slopeWithinLines(sized: readonly { name: ModelName; x: number; y: number }[]): number | undefined {
  const lines = new Map<string, { x: number; y: number }[]>()
  for (const { name, x, y } of sized) lines.set(name.line, [...(lines.get(name.line) ?? []), { x, y }])
  let xx = 0
  let xy = 0
  for (const line of lines.values()) {
    const [centreX, centreY] = [mean(line.map(({ x }) => x)), mean(line.map(({ y }) => y))]
    for (const { x, y } of line) {
      xx += (x - centreX) ** 2
      xy += (x - centreX) * (y - centreY)
    }
  }
  return xx < leastSpread ** 2 ? undefined : Math.max(0, xy / xx)
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
