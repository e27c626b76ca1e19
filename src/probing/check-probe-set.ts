import { createGrader } from '../grading/create-grader.ts'
import type { AnswerToGrade } from '../grading/grader.ts'
import { GradingError } from '../grading/grading-error.ts'
import type { GradingServices } from '../grading/grading-services.ts'
import { nearDuplicateProbes } from './near-duplicate-probes.ts'
import type { Probe, ProbeSet } from './probe.ts'

/** What is to be said of a set of probes before LLMs are asked it. */
export interface ProbeSetCheck {
  /** Number of probes by task, in order of appearance. */
  readonly tasks: ReadonlyMap<string, number>
  /** Templates that more than {@link mostPerTemplate} probes are made from, and how many. */
  readonly largeTemplates: ReadonlyMap<string, number>
  /** Ids of probes that ask nearly the same. */
  readonly nearDuplicates: readonly (readonly string[])[]
  /** References that their own grader does not give 1. */
  readonly wrongReferences: readonly { readonly id: string; readonly reason: string }[]
  /** Probes whose reference could not be graded here, as by graders that are switched off. */
  readonly notGraded: readonly { readonly id: string; readonly reason: string }[]
  /** Probes without a reference. */
  readonly withoutReference: number
}

/** More, and one pattern decides what a task says of an LLM. */
export const mostPerTemplate = 10

/** Grades every reference, and looks for what makes probes say less than they seem to. */
export async function checkProbeSet(
  set: ProbeSet,
  services: GradingServices,
  signal: AbortSignal,
): Promise<ProbeSetCheck> {
  const wrongReferences: { id: string; reason: string }[] = []
  const notGraded: { id: string; reason: string }[] = []
  for (const probe of set.probes) {
    if (probe.reference === undefined) continue
    try {
      const { quality, reason } = await createGrader(probe.grader, services).grade(referenceAnswer(probe), signal)
      if (quality < 1) wrongReferences.push({ id: probe.id, reason: reason ?? `its grader gives it ${quality}` })
    } catch (error) {
      if (!(error instanceof GradingError)) throw error
      notGraded.push({ id: probe.id, reason: error.message })
    }
  }
  const templates = countBy(set.probes.flatMap(({ template }) => (template === undefined ? [] : [template])))
  return {
    tasks: countBy(set.probes.map(({ task }) => task)),
    largeTemplates: new Map([...templates].filter(([, count]) => count > mostPerTemplate)),
    nearDuplicates: nearDuplicateProbes(set.probes),
    wrongReferences,
    notGraded,
    withoutReference: set.probes.filter(({ reference }) => reference === undefined).length,
  }
}

/** The reference as an LLM would give it. */
export function referenceAnswer({ request, reference }: Probe): AnswerToGrade {
  if (reference === undefined || typeof reference === 'string') return { request, text: reference ?? '', toolCalls: [] }
  const call = { name: reference.name, arguments: JSON.stringify(reference.arguments) }
  return { request, text: '', toolCalls: [call] }
}

function countBy(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return counts
}
