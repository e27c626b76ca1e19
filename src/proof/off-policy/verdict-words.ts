import type { TargetEstimate } from './estimate-target.ts'
import type { Refusal, RefusalReason } from './log-verdict.ts'

/** A verdict in a sentence, with what would help where there is none. */
export function verdictWords(estimate: TargetEstimate | undefined): string {
  if (estimate === undefined) return 'the log can’t say: no decision in it can judge this'
  const { kind, refusals } = estimate.verdict
  if (kind === 'same') return 'it would have chosen as was chosen'
  if (kind === 'unknown') return refusalWords(refusals)
  const { value, low, high } = estimate.results[0]!.utility!.difference
  const interval = `${signed(value)} in utility, 95 % interval ${signed(low)} to ${signed(high)}`
  if (kind === 'better') return `better than what served: ${interval}`
  if (kind === 'worse') return `worse than what served: ${interval}`
  return `no difference shown: ${interval}`
}

/** The reasons that matter: where choices are beyond the log the rest follows, and what quality lacks is mostly lacking of cost too. */
function refusalWords(refusals: readonly Refusal[]): string {
  const beyond = refusals.filter(({ reason }) => reason === 'unsupported')
  const told = new Map<RefusalReason, Refusal>()
  for (const refusal of beyond.length > 0 ? beyond : refusals) {
    if (!told.has(refusal.reason)) told.set(refusal.reason, refusal)
  }
  const reasons = [...told.values()].map(reasonWords)
  const help = [...new Set([...told.keys()].map((reason) => helpWords[reason]))]
  return `the log can’t say: ${reasons.join('; ')}. What would help: ${help.join('; ')}`
}

function reasonWords({ reason, of, found, needed }: Refusal): string {
  const rows = of === 'quality' ? 'labelled draws' : 'billed draws'
  switch (reason) {
    case 'no_labels':
      return 'no answer in it was judged, or those of too few conversations'
    case 'no_bills':
      return 'no bill in it is known'
    case 'few_hits':
      return `${count(found)} ${rows} agree with it where it departs from the usual choice, ${needed} are needed`
    case 'few_differences':
      return `${count(found)} ${rows} tell the two apart, ${needed} are needed`
    case 'few_effective_rows':
      return `the ${rows} weigh as much as ${count(found)} of equal weight, ${needed} are needed`
    case 'heavy_weight':
      return `one of the ${rows} has ${percent(found)} of all the weight, at most ${percent(needed)} may`
    case 'unsupported':
      return of === 'quality'
        ? `${percent(found)} of its choices could not have been drawn, or are of LLMs whose answers nobody judges`
        : `${percent(found)} of its choices could not have been drawn`
  }
}

const moreTraffic = 'more traffic, or more exploration (routing.exploration)'

const helpWords: Record<RefusalReason, string> = {
  no_labels: 'feedback, or a judge on a share of the traffic',
  no_bills: 'prices of the LLMs',
  few_hits: moreTraffic,
  few_differences: moreTraffic,
  few_effective_rows: moreTraffic,
  heavy_weight: moreTraffic,
  unsupported: 'to ask only of decisions made since the pool is as it is (--since), and feedback on every LLM',
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(4)}`
}

function count(value: number): string {
  return value < 10 ? value.toFixed(1).replace('.0', '') : value.toFixed(0)
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1).replace('.0', '')} %`
}
