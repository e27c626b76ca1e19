import path from 'node:path'
import type { Command } from 'commander'
import type { Environment } from '../../config/environment.ts'
import { type ConfigFlags, loadConfig } from '../../config/load-config.ts'
import { readOutcomeData } from '../../outcomes/read-outcome-data.ts'
import type { HashedNgramEmbedder } from '../../routing/embedding/hashed-ngram-embedder.ts'
import type { PolicyStore } from '../../routing/policy-store.ts'
import { toStoredPolicyVersion } from '../../routing/prediction/fitted-policy.ts'
import type { Storage } from '../../storage/storage.ts'
import { type FitResult, fitPolicy } from '../../training/fit-policy.ts'
import { embedderById, labelsByEmbedder } from '../../training/label-embedders.ts'
import {
  pinServing,
  proposeCandidate,
  releaseVersion,
  requireRoomForCandidate,
  servingVersionId,
} from '../../training/rollout.ts'
import { packRows, savedRowsData } from '../../training/saved-rows.ts'
import { loadStarter } from '../../training/starter/starter-file.ts'
import { withConfigFlags } from '../config-flags.ts'
import { openStorage } from '../open-service.ts'
import { FitProgressBar } from '../terminal/fit-progress-bar.ts'
import { renderTable } from '../terminal/table.ts'
import type { Terminal } from '../terminal/terminal.ts'

interface FitFlags extends ConfigFlags {
  readonly data: string
  readonly split?: string
  readonly newEmbedder?: boolean
  readonly candidate?: boolean
}

/** What the command works with. */
export interface FitSurroundings {
  readonly environment: Environment
  readonly terminal: Terminal
  readonly folder: string
  readonly now: () => number
}

/** Of folds, clusters and projection: the same data give the same policy. */
const fitSeed = 1

/** Adds `fit`: outcome data in, a policy version in the database out. */
export function addFitCommand(program: Command, around: FitSurroundings): void {
  withConfigFlags(program.command('fit'))
    .description('fit a policy version on outcome data and save it; a running gateway takes it up within seconds')
    .requiredOption('--data <folder>', 'outcome data: prompts.jsonl, models.json, outcomes.csv (also .gz)')
    .option('--split <name>', 'fit only on this split of the data set')
    .option('--candidate', 'put the version on trial in a running gateway, instead of letting it serve at once')
    .option('--new-embedder', 'fit the embedding anew, although feedback was learned with the present one')
    .action(async (flags: FitFlags) => {
      const { terminal } = around
      const config = loadConfig({ environment: around.environment, flags, folder: around.folder })
      const storage = await openStorage(config)
      try {
        if (flags.candidate === true) await requireRoomForCandidate(storage.policies)
        const data = await readOutcomeData(path.resolve(around.folder, flags.data))
        const embedder = await embedderToKeep(storage, flags, terminal)
        const bar = new FitProgressBar()
        const result = await fitPolicy(data, {
          seed: fitSeed,
          now: Math.floor(around.now()),
          onProgress: (progress) => bar.show(progress),
          ...(flags.split === undefined ? {} : { split: flags.split }),
          ...(embedder === undefined ? {} : { embedder }),
        }).finally(() => bar.close())
        await save(storage.policies, result, flags.candidate === true, Math.floor(around.now()))
        terminal.out(describe(result, terminal))
        if (flags.candidate === true) terminal.note('On trial: `pointsman policies list` shows how it does.')
        const configured = new Set(config.llms.map((llm) => llm.id))
        const strangers = result.policy.llms.filter((llm) => !configured.has(llm.id)).map((llm) => llm.id)
        if (configured.size > 0 && strangers.length > 0) {
          terminal.note(`Not in the configured pool, so not used: ${strangers.join(', ')}`)
        }
      } finally {
        await storage.close()
      }
    })
}

/**
 * The embedding that feedback was given under: vectors of another one mean something else, so that a new embedding
 * would make every label so far teach nothing. Without labels there is nothing to keep.
 */
async function embedderToKeep(
  storage: Storage,
  flags: FitFlags,
  terminal: Terminal,
): Promise<HashedNgramEmbedder | undefined> {
  const labels = await storage.feedback.latestSequence()
  if (labels === 0) return undefined
  if (flags.newEmbedder === true) {
    terminal.note(`A new embedding: the ${labels} labels given so far no longer teach.`)
    return undefined
  }
  const starter = await loadStarter().catch(() => undefined)
  const counts = await labelsByEmbedder(storage.feedback)
  const all = [...counts.values()].reduce((sum, count) => sum + count, 0)
  // The most labels first; of equals what serves now.
  const versions = await storage.policies.listVersions()
  const servingId = servingVersionId(await storage.policies.rollout(), versions)
  const serving = versions.find(({ id }) => id === servingId)?.embedderId
  const order = [...counts].sort((a, b) => b[1] - a[1] || Number(b[0] === serving) - Number(a[0] === serving))
  for (const [id, count] of order) {
    const embedder = await embedderById(id, storage.policies, starter)
    if (embedder === undefined) continue
    terminal.note(
      `Keeping the embedding that ${count} of ${all} labels were given under (--new-embedder fits another).`,
    )
    return embedder
  }
  terminal.note(`A new embedding: those that the ${all} labels were given under are not in the database.`)
  return undefined
}

/**
 * The embedder first: a version whose embedder is missing could not be loaded. The rows it was fitted on are kept, so that a gateway can fit
 * it anew with what its log has learned; of a candidate they are not, as it may never serve.
 */
async function save(
  policies: PolicyStore,
  { policy, embedder, source }: FitResult,
  onTrial: boolean,
  atMs: number,
): Promise<void> {
  await policies.saveEmbedder(embedder.id, embedder.snapshot())
  await pinServing(policies)
  await policies.saveVersion(toStoredPolicyVersion(policy))
  const step = { atMs, detail: `fitted on ${policy.description}` }
  if (onTrial) {
    await proposeCandidate(policies, policy.id, step)
    return
  }
  const { description } = policy
  await policies.saveTrainingRows({ embedderId: embedder.id, description, data: savedRowsData(packRows(source)) })
  await releaseVersion(policies, policy.id, step)
}

function describe({ policy, prompts, leftOut, trust, weights }: FitResult, { colours }: Terminal): string {
  const columns = [
    { title: 'LLM' },
    { title: 'labels', align: 'right' },
    { title: 'mean quality', align: 'right' },
    { title: 'mean cost', align: 'right' },
    { title: 'noise', align: 'right' },
  ] as const
  const rows = policy.llms.map((llm, i) => [
    llm.id,
    String(llm.labels),
    llm.meanQuality.toFixed(3),
    llm.meanCostUsd === undefined ? 'unknown' : `$${llm.meanCostUsd.toPrecision(3)}`,
    policy.noise[i]!.toFixed(3),
  ])
  const [ridge, clusters, forest] = [...weights].map((weight) => weight.toFixed(2))
  const lines = [
    renderTable(columns, rows, colours),
    '',
    `${colours.good('Saved')} policy ${colours.strong(policy.id)}: ${policy.description}`,
    `${prompts} distinct prompts; stack of ridge ${ridge}, clusters ${clusters}, forest ${forest}; trust κ = ${trust.toFixed(2)}`,
    `C_ref = $${policy.costReferenceUsd.toPrecision(3)}: the cost that weighs as much as one unit of quality at λ = 1`,
  ]
  if (leftOut.length > 0) lines.push(`Too few labels, left to priors and online learning: ${leftOut.join(', ')}`)
  return lines.join('\n')
}
