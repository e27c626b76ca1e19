import { costQualityHull } from '../../routing/decision/cost-quality-hull.ts'
import type { StaticChoices } from '../protocols/static/static-policy.ts'

interface Move {
  readonly prompt: number
  readonly llm: number
  readonly costUsd: number
  /** Predicted quality gained per USD. */
  readonly slope: number
}

/**
 * Assignments of a whole batch of prompts to LLMs that maximise Σ q̂ under a budget Σ ĉ ≤ B, for budgets in equal steps from the
 * cheapest assignment's to that of the best predicted one: every prompt starts at its cheapest LLM and climbs its own
 * hull of (ĉ, q̂), all prompts' steps being taken in the order of their slope. That is the Lagrangian relaxation of the 0–1
 * programme, solved exactly at every multiplier at once; the last step that would pass the budget is not taken.
 *
 * @param quality and @param costUsd predictions, row-major prompts × width; an LLM with either NaN is not assigned.
 * @param settings budgets, at least 2.
 */
export function budgetedAssignments(
  quality: Float64Array,
  costUsd: Float64Array,
  width: number,
  settings: number,
): StaticChoices {
  const prompts = quality.length / width
  const current = new Uint16Array(prompts)
  const moves: Move[] = []
  for (let prompt = 0; prompt < prompts; prompt++) {
    const hull = promptHull(quality, costUsd, width, prompt)
    current[prompt] = hull[0]?.llm ?? 0
    for (let i = 1; i < hull.length; i++) {
      const step = hull[i]!.costUsd - hull[i - 1]!.costUsd
      const slope = (hull[i]!.quality - hull[i - 1]!.quality) / step
      moves.push({ prompt, llm: hull[i]!.llm, costUsd: step, slope })
    }
  }
  // A hull is concave: a prompt's steps come in its own order, and sorting keeps equal ones as they are.
  moves.sort((a, b) => b.slope - a.slope)
  const most = moves.reduce((sum, move) => sum + move.costUsd, 0)
  const answeredBy = new Uint16Array(settings * prompts)
  let next = 0
  let spent = 0
  for (let setting = 0; setting < settings; setting++) {
    const isLast = setting === settings - 1
    const budget = (most * setting) / (settings - 1)
    for (; next < moves.length && (isLast || spent + moves[next]!.costUsd <= budget); next++) {
      current[moves[next]!.prompt] = moves[next]!.llm
      spent += moves[next]!.costUsd
    }
    answeredBy.set(current, setting * prompts)
  }
  return { settings, answeredBy }
}

function promptHull(quality: Float64Array, costUsd: Float64Array, width: number, prompt: number) {
  const points = []
  for (let llm = 0; llm < width; llm++) {
    const cell = prompt * width + llm
    if (Number.isNaN(quality[cell]!) || Number.isNaN(costUsd[cell]!)) continue
    points.push({ llm, quality: quality[cell]!, costUsd: costUsd[cell]! })
  }
  return points.length === 0 ? [] : costQualityHull(points)
}
