import { SeededRandom, shuffle } from '../../../routing/numeric/random-source.ts'
import { estimatedPromptTokens } from '../../../routing/prediction/prompt-tokens.ts'
import type { OnlinePolicy } from '../../online/online-policy.ts'
import type { PolicyName } from '../../policy-names.ts'
import type { DriftCase } from './drift-case.ts'
import type { DriftPlan } from './drift-plan.ts'
import { type DriftSetting, settingId } from './drift-setting.ts'
import { DriftStream } from './drift-stream.ts'
import { fullInformationChoices, oracleChoices } from './informed-choices.ts'
import { replayPolicy, type StreamPrompt } from './replay-policy.ts'

/** What one order yields in one setting. */
export interface SettingOutput {
  /** ν of the full-information router, quality per C_ref; 0 without a budget. */
  readonly dual: number
  /** By policy: who answered each step, one character per step ({@link encodeChoices}). */
  readonly choices: Readonly<Record<string, string>>
  /** The smallest probability that pointsman gave any candidate; undefined where it was not asked for. */
  readonly leastProbability: number | undefined
  /** Share of the requests at which pointsman's budget refused some candidate; undefined where it was not asked for. */
  readonly refusedShare: number | undefined
}

/** Of pointsman without exploration, among the policies of {@link SettingOutput.choices}. */
export const unexploring = 'pointsman, exploration off'

/** By setting, see {@link settingId}. */
export type OrderOutput = Readonly<Record<string, SettingOutput>>

/** The stream of a setting in the order of a seed; the same wherever it is made. */
export function driftStream(plan: DriftPlan, setting: DriftSetting, seed: number): DriftStream {
  const order = Int32Array.from(plan.split.test)
  shuffle(order, new SeededRandom(Math.imul(seed, 0x5bd1e995)))
  return new DriftStream(plan.prepared.data, order, setting, plan.cast)
}

/** Streams one order through every setting and policy. */
export function runOrder(
  driftCase: DriftCase,
  seed: number,
  names: readonly PolicyName[],
  onProgress: (share: number) => void,
): OrderOutput {
  const { plan } = driftCase
  const promptOf = promptReader(driftCase)
  const output: Record<string, SettingOutput> = {}
  plan.settings.forEach((setting, index) => {
    const stream = driftStream(plan, setting, seed)
    const told = setting.change.scenario === 'newcomer' ? driftCase.toldOfNewcomer : driftCase.told
    const informed = fullInformationChoices(stream, told, promptOf, setting.goal)
    const byPolicy: Record<string, string> = {
      'full-information': encodeChoices(informed.choices),
      oracle: encodeChoices(oracleChoices(stream)),
    }
    let ours: OnlinePolicy | undefined
    for (const name of [...names, unexploring] as const) {
      const fitted = name === unexploring ? driftCase.unexploring : driftCase.policies.get(name)
      if (fitted === undefined) continue
      const random = new SeededRandom(Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b))
      const policy = fitted.start(setting.goal)
      byPolicy[name] = encodeChoices(replayPolicy(stream, policy, promptOf, random))
      if (name === 'pointsman') ours = policy
    }
    output[settingId(setting)] = {
      dual: informed.dual,
      choices: byPolicy,
      leastProbability: ours?.leastProbability,
      refusedShare: ours?.refusedShare,
    }
    onProgress((index + 1) / plan.settings.length)
  })
  return output
}

/** What a policy meets of each streamed row. */
export function promptReader({ plan, contexts }: DriftCase): (row: number) => StreamPrompt {
  const { data } = plan.prepared
  const prompts = new Map<number, StreamPrompt>()
  for (const row of plan.split.test) {
    const context = contexts[row]!
    prompts.set(row, { context, text: data.prompts[row]!.text, inputTokens: estimatedPromptTokens(context) })
  }
  return (row) => prompts.get(row)!
}

/** First character in use: the printable ones follow. */
const firstCharacter = 48

/** LLM indices as characters: a stream's choices stay a short string through JSON. */
export function encodeChoices(choices: Uint16Array): string {
  let text = ''
  for (const llm of choices) text += String.fromCharCode(firstCharacter + llm)
  return text
}

export function decodeChoices(text: string): Uint16Array {
  return Uint16Array.from({ length: text.length }, (_, step) => text.charCodeAt(step) - firstCharacter)
}
