import type { CandidateTerms } from '../../routing/decision.ts'
import type { StoredDecision } from '../../routing/decision-store.ts'
import type { Feedback } from '../../routing/outcome.ts'
import type { LlmId } from '../../routing/registry/llm.ts'

/** What somebody said of an answer, in his own terms. */
export type Statement =
  | { readonly kind: 'score' | 'thumbs'; readonly value: number }
  | { readonly kind: 'verdict'; readonly verdict: Verdict }
  | { readonly kind: 'demonstration'; readonly llm: LlmId; readonly score: number | undefined }
  | {
      readonly kind: 'metric'
      readonly name: string
      readonly reading: { readonly kind: 'score' | 'thumbs'; readonly value: number }
      readonly weight: number
      readonly noise: number | undefined
    }

export type Verdict = (typeof verdicts)[number]

export const verdicts = ['too_weak', 'right', 'stronger_than_needed'] as const

/** What becomes a label, before it is known on which decision. */
export type LabelDraft = Pick<Feedback, 'source' | 'kind' | 'value' | 'llm' | 'noise' | 'withdraws'> & {
  readonly weight: number
}

/** What a verdict that one was stronger than needed counts for, of the cheaper one that might have done (mathematics §27). */
const weakerWeight = 0.25

/**
 * The labels that a statement comes to (mathematics §27). The first is the statement's own; `too_weak` and `right` are thumbs on who
 * answered, `stronger_than_needed` one more thumb, of little weight, on the best of those that would have cost less; any other
 * word of that source on the answer takes that thumb back.
 *
 * @param decision what was decided and who answered; without it nothing is said of cheaper LLMs.
 */
export function toLabelDrafts(said: Statement, source: string, decision: StoredDecision | undefined): LabelDraft[] {
  switch (said.kind) {
    case 'score':
    case 'thumbs':
      return [{ source, kind: said.kind, value: said.value, weight: 1, withdraws: weakerSource(source) }]
    case 'verdict': {
      const own = { source, kind: 'thumbs', value: Number(said.verdict !== 'too_weak'), weight: 1 } as const
      if (said.verdict === 'stronger_than_needed') return [own, ...weakerDrafts(source, decision)]
      return [{ ...own, withdraws: weakerSource(source) }]
    }
    case 'demonstration': {
      const { llm, score } = said
      return [{ source, llm, kind: score === undefined ? 'thumbs' : 'score', value: score ?? 1, weight: 1 }]
    }
    case 'metric':
      return [{ source: `${source}:metric:${said.name}`, ...said.reading, weight: said.weight, noise: said.noise }]
  }
}

function weakerSource(source: string): string {
  return `${source}:weaker`
}

function weakerDrafts(source: string, stored: StoredDecision | undefined): LabelDraft[] {
  const llm = stored === undefined ? undefined : bestCheaper(stored)
  if (llm === undefined) return []
  return [{ source: weakerSource(source), llm, kind: 'thumbs', value: 1, weight: weakerWeight }]
}

/** Of the candidates predicted to cost less than the LLM that answered, the one of the highest q̂; of equals the cheaper. */
function bestCheaper({ decision, settlement }: StoredDecision): LlmId | undefined {
  const { candidates } = decision
  const answered = candidates.find(({ llm }) => llm === settlement?.answered)?.costUsd
  if (answered === undefined) return undefined
  let best: CandidateTerms | undefined
  for (const terms of candidates) {
    if (terms.costUsd === undefined || terms.costUsd >= answered) continue
    if (best === undefined || terms.quality > best.quality) best = terms
    else if (terms.quality === best.quality && terms.costUsd < best.costUsd!) best = terms
  }
  return best?.llm
}
