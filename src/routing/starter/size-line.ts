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
 * What an LLM's size and generation say of its ability beside siblings whose sizes are known: their mean, moved along the slopes
 * that ability has over log size and over generations within the measured lines (mathematics §22).
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
    const size = logSize(name)
    if (size === undefined) return []
    const line = names.filter((other) => other.line === name.line && logSize(other) !== undefined)
    return [{ name, size, generation: generationOf(name, line), ability: llms[i]!.ability }]
  })
  const line = sized.filter(({ name }) => name.line === wanted.line)
  const siblings = line.filter(({ name }) => matchNames(wanted, name) === 'sibling')
  const slopes = slopesWithinLines(sized)
  if (siblings.length === 0 || slopes === undefined) return undefined
  const generation = generationOf(
    wanted,
    line.map(({ name }) => name),
  )
  return (
    mean(siblings.map(({ ability }) => ability)) +
    slopes.size * (own - mean(siblings.map(({ size }) => size))) +
    slopes.generation * (generation - mean(siblings.map((one) => one.generation)))
  )
}

interface Sized {
  readonly name: ModelName
  readonly size: number
  readonly generation: number
  readonly ability: number
}

/** Its place among the versions of a line, by order; half a step from its neighbours between them, one beyond the ends. */
function generationOf({ version }: ModelName, line: readonly ModelName[]): number {
  const known = line.map((name) => Number.parseFloat(name.version)).filter((value) => !Number.isNaN(value))
  const versions = [...new Set(known)].sort((a, b) => a - b)
  const own = Number.parseFloat(version)
  if (Number.isNaN(own) || versions.length === 0) return (versions.length - 1) / 2
  const exact = versions.indexOf(own)
  if (exact >= 0) return exact
  const below = versions.filter((value) => value < own).length
  return below === 0 ? -1 : below === versions.length ? below : below - 0.5
}

/** Least squares over the differences within each line. */
function slopesWithinLines(
  sized: readonly Sized[],
): { readonly size: number; readonly generation: number } | undefined {
  let [xx, xg, gg, xy, gy] = [0, 0, 0, 0, 0]
  for (const line of new Set(sized.map(({ name }) => name.line))) {
    const of = sized.filter(({ name }) => name.line === line)
    const [x0, g0, y0] = [
      mean(of.map(({ size }) => size)),
      mean(of.map(({ generation }) => generation)),
      mean(of.map(({ ability }) => ability)),
    ]
    for (const { size, generation, ability } of of) {
      xx += (size - x0) ** 2
      xg += (size - x0) * (generation - g0)
      gg += (generation - g0) ** 2
      xy += (size - x0) * (ability - y0)
      gy += (generation - g0) * (ability - y0)
    }
  }
  if (xx < leastSpread ** 2) return undefined
  // A guess of no difference counts for one pair of neighbouring generations.
  const own = gg + 0.5
  const determinant = xx * own - xg ** 2
  return {
    size: Math.max(0, (xy * own - gy * xg) / determinant),
    generation: Math.max(0, (gy * xx - xy * xg) / determinant),
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
