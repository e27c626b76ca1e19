import { SeededRandom } from '../../routing/numeric/random-source.ts'
import { estimatedPromptTokens } from '../../routing/prediction/prompt-tokens.ts'
import { selectTrainingRows } from '../../routing/prediction/training-rows.ts'
import type { OfflineKnowledge, OnlineGoal, OnlinePolicy } from './online-policy.ts'
import { goalKey, realisedUtility } from './realised-utility.ts'

/** What every baseline may try at most. */
export const mostSettings = 12

/** Every third offline row is streamed, the rest is what the trial starts from. */
const trialFold = 3

/** Overspending that is not held against a setting: half of what a budget's order-to-order scatter comes to. */
const toleratedOvershoot = 0.02

/**
 * Chooses a baseline's setting per goal on offline data alone: each setting starts from two thirds of the rows and is
 * streamed through the others with feedback on its own choices. The best mean utility wins; under a budget the best
 * quality among those within 2 % of it, or, where none keeps to it, the one that spends least. Of equals the first.
 */
export class OnlineTuning<Setting> {
  readonly #chosen = new Map<string, Setting>()
  readonly #knowledge: OfflineKnowledge
  readonly #settings: readonly Setting[]
  readonly #start: (part: OfflineKnowledge, setting: Setting, goal: OnlineGoal) => OnlinePolicy
  readonly #fitPart: OfflineKnowledge
  readonly #trialRows: readonly number[]

  /** @param settings at most {@link mostSettings}. */
  constructor(
    knowledge: OfflineKnowledge,
    settings: readonly Setting[],
    start: (part: OfflineKnowledge, setting: Setting, goal: OnlineGoal) => OnlinePolicy,
  ) {
    if (settings.length > mostSettings) throw new RangeError(`${settings.length} settings, ${mostSettings} are allowed`)
    this.#knowledge = knowledge
    this.#settings = settings
    this.#start = start
    const all = knowledge.rows.contexts.map((_, row) => row)
    this.#trialRows = all.filter((row) => row % trialFold === 0)
    this.#fitPart = selectKnowledge(
      knowledge,
      all.filter((row) => row % trialFold !== 0),
    )
  }

  settingFor(goal: OnlineGoal): Setting {
    const key = goalKey(goal)
    const known = this.#chosen.get(key)
    if (known !== undefined) return known
    let best: { readonly setting: Setting; readonly trial: Trial } | undefined
    for (const setting of this.#settings) {
      const trial = this.#try(setting, { ...goal, expectedRequests: this.#trialRows.length })
      if (best === undefined || isBetter(trial, best.trial, goal)) best = { setting, trial }
    }
    this.#chosen.set(key, best!.setting)
    return best!.setting
  }

  #try(setting: Setting, goal: OnlineGoal): Trial {
    const { rows, texts, newcomers, seed } = this.#knowledge
    const width = rows.llms.length
    const policy = this.#start(this.#fitPart, setting, goal)
    const random = new SeededRandom(seed ^ 0x27d4eb2f)
    const everyone = rows.llms.flatMap((_, llm) => (newcomers.includes(llm) ? [] : [llm]))
    let worth = 0
    let cost = 0
    for (const row of this.#trialRows) {
      const candidates = everyone.filter((llm) => !Number.isNaN(rows.quality[row * width + llm]!))
      if (candidates.length === 0) continue
      const context = rows.contexts[row]!
      const inputTokens = estimatedPromptTokens(context)
      const request = { prompt: row, context, text: texts[row], inputTokens, candidates }
      const llm = policy.choose(request, random)
      const quality = rows.quality[row * width + llm]!
      const costUsd = rows.costUsd[row * width + llm]!
      worth += realisedUtility(quality, costUsd, goal)
      cost += costUsd
      policy.learn(request, { llm, quality, satisfied: undefined, costUsd })
    }
    return { utility: worth / this.#trialRows.length, costUsd: cost / this.#trialRows.length }
  }
}

interface Trial {
  readonly utility: number
  readonly costUsd: number
}

function isBetter(trial: Trial, best: Trial, { budgetUsd }: OnlineGoal): boolean {
  if (budgetUsd === undefined) return trial.utility > best.utility
  const limit = budgetUsd * (1 + toleratedOvershoot)
  const keeps = trial.costUsd <= limit
  if (keeps !== best.costUsd <= limit) return keeps
  return keeps ? trial.utility > best.utility : trial.costUsd < best.costUsd
}

function selectKnowledge(knowledge: OfflineKnowledge, rows: readonly number[]): OfflineKnowledge {
  return {
    ...knowledge,
    rows: selectTrainingRows(knowledge.rows, rows),
    texts: rows.map((row) => knowledge.texts[row]!),
  }
}
