import type { OutcomeData } from '../../../outcomes/outcome-data.ts'
import { describeData } from '../../evaluation-data.ts'
import type { ResultRow } from '../../evaluation-result.ts'
import { declaredSpeedsDate } from '../../mixllm/simulated-latency.ts'
import { policyKinds } from '../../policy-names.ts'
import type { FinishedUnit, ProtocolOptions, ProtocolResult } from '../../protocol.ts'
import { promptInterval } from './measured.ts'
import { type StreamData, streamData } from './stream-case.ts'
import { streamComparisons } from './stream-comparisons.ts'
import { streamFigures } from './stream-figures.ts'
import { streamFindings } from './stream-findings.ts'
import { mixLlmTrees } from './stream-fits.ts'
import type { StreamUnitOutput } from './stream-output.ts'
import { satisfyingMs, satisfyingQuality } from './stream-setting.ts'
import { type StreamSummary, summariseRuns, whollyKnown } from './summarise-runs.ts'

/** Joins all units: levels with bootstrap intervals over prompts, findings with those over seeds beside them. */
export function collectStream(
  source: OutcomeData,
  finished: readonly FinishedUnit<StreamUnitOutput>[],
  { seeds }: ProtocolOptions,
): ProtocolResult {
  const base = streamData(source)
  const outputs = finished.map(({ output }) => output)
  const summary = summariseRuns(base.prepared, outputs, seeds)
  return {
    data: describeData(base.data),
    results: resultRows(summary),
    comparisons: streamComparisons(summary),
    findings: streamFindings(summary),
    figures: streamFigures(summary, outputs),
    notes: [...notesOf(base), ...new Set(outputs.flatMap(({ notes }) => notes))],
  }
}

function resultRows(summary: StreamSummary): ResultRow[] {
  return summary.rows.map(({ policy, setting, quality, costUsd, onTimeShare }) => ({
    policy,
    kind: policyKinds[policy],
    setting,
    metrics: {
      quality: promptInterval(quality),
      costUsd: promptInterval(costUsd),
      onTimeShare: promptInterval(onTimeShare),
    },
    curve: [],
  }))
}

function notesOf({ prepared, service }: StreamData): string[] {
  const { measured, simulated, derivedLengths } = service
  const cells = measured + simulated
  const share = (count: number): string => `${((100 * count) / cells).toFixed(0)} %`
  const holed = whollyKnown(prepared).filter((known) => known === 0).length
  return [
    ...prepared.notes,
    ...(holed === 0
      ? []
      : [`${holed} prompts lack an outcome of some LLM: policies meet them, but none is scored on them.`]),
    prepared.ownSplit === undefined
      ? 'Seventy per cent of the prompts’ groups are training prompts, drawn by the seed (the paper: 80 % of the prompts).'
      : 'Training and test prompts are the set’s own split; seeds draw what is offline, and the orders.',
    timesNote(share(simulated), measured === 0 ? undefined : share(measured)),
    ...(derivedLengths === 0
      ? []
      : [
          `Lengths of ${share(derivedLengths)} of the answers were not recorded: they are derived from bill and price.`,
        ]),
    `Users are simulated: satisfied by a quality above ${satisfyingQuality} within ${satisfyingMs / 1000} s. Refined feedback is the recorded quality, however late the answer came.`,
    `MixLLM’s forests have ${mixLlmTrees} trees here.`,
    'Intervals of levels and comparisons: bootstrap over groups of prompts, seeds averaged. Findings also need Student’s interval over seeds, and p < .05 after Holm over all findings.',
  ]
}

function timesNote(simulated: string, measured: string | undefined): string {
  const declared = `simulated, from first-token times and speeds by size and price that we declared on ${declaredSpeedsDate}; they are no measurements`
  if (measured === undefined) return `All times are ${declared}.`
  return `${measured} of the outcomes have a measured latency. The times of the other ${simulated} are ${declared}.`
}
