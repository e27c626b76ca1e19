import { anthropicParameters, anthropicParametersOf } from '../anthropic/anthropic-parameters.ts'
import { claudeTraits, isClaude } from '../anthropic/claude-traits.ts'
import { azureOpenAiParameters, azureOpenAiReasoningParameters } from '../azure-openai/azure-openai-parameters.ts'
import { bedrockParameters, bedrockParametersOf } from '../bedrock/bedrock-parameters.ts'
import { geminiParameters, geminiParametersOf } from '../gemini/gemini-parameters.ts'
import { openAiTakenUnthinking } from '../openai-compatible/openai-parameters.ts'
import { type ProviderPreset, providerPresets } from '../openai-compatible/presets.ts'
import {
  openAiResponsesParameters,
  openAiResponsesReasoningParameters,
} from '../openai-responses/openai-responses-parameters.ts'
import type { ProviderKind } from '../provider-kind.ts'
import { simulatedParameters } from '../simulated/simulated-parameters.ts'
import { type ParameterColumn, type ParameterHandling, type ParameterName, parameterNames } from './parameter.ts'
import { passingColumn } from './passing-column.ts'
import type { HostVendor } from './vendor-forms.ts'

/** One API of the table. */
export interface ParameterApi {
  /** For people, as in "reached through …". */
  readonly title: string
  readonly column: ParameterColumn
  /** Fields that no table knows: passed on, or dropped by translation. */
  readonly unknown: 'passed' | 'dropped'
  /** What is stripped from requests of another dialect all the same, whose marks the server cannot know. */
  readonly stripped?: readonly ParameterName[]
  /** What its models take all the same where they are told not to think. */
  readonly takenUnthinking?: readonly ParameterName[]
  /** What is dropped of requests in its own dialect too, because its models differ in it. */
  readonly droppedOfOwn?: readonly ParameterName[]
  /** Thinking that was asked for comes with the answer, whether or not its reader asked to see it. */
  readonly showsThinking?: boolean
  /** Whose hosted tools it runs, where `tools:hosted` is passed; undefined: nobody knows, all are passed. */
  readonly hosts?: HostVendor | undefined
  /** Whose file ids it knows, where `content:file_by_id` is not refused; undefined: nobody knows, all are passed. */
  readonly keeps?: FileKeeper | undefined
}

/** `itself`: a vendor whose ids look like nobody's. */
export type FileKeeper = HostVendor | 'itself'

/** APIs with a folder of their own. */
const nativeApis: Readonly<Record<string, ParameterApi>> = {
  'openai-responses': {
    title: "OpenAI's Responses API",
    column: openAiResponsesParameters,
    unknown: 'dropped',
    droppedOfOwn: ['reasoning_effort', 'verbosity'],
    hosts: 'openai',
    keeps: 'openai',
  },
  'openai-responses (reasoning)': {
    title: "OpenAI's Responses API",
    column: openAiResponsesReasoningParameters,
    unknown: 'dropped',
    droppedOfOwn: ['temperature', 'top_p', 'logprobs', 'top_logprobs'],
    takenUnthinking: openAiTakenUnthinking,
    hosts: 'openai',
    keeps: 'openai',
  },
  'azure-openai': {
    title: "Azure OpenAI's API",
    column: azureOpenAiParameters,
    unknown: 'passed',
    keeps: 'openai',
  },
  'azure-openai (reasoning)': {
    title: "Azure OpenAI's API",
    column: azureOpenAiReasoningParameters,
    unknown: 'passed',
    takenUnthinking: openAiTakenUnthinking,
    keeps: 'openai',
  },
  anthropic: {
    title: "Anthropic's Messages API",
    column: anthropicParameters,
    unknown: 'dropped',
    hosts: 'anthropic',
    keeps: 'anthropic',
  },
  bedrock: { title: "Amazon Bedrock's Converse API", column: bedrockParameters, unknown: 'dropped' },
  gemini: {
    title: "Google's Gemini API",
    column: geminiParameters,
    unknown: 'dropped',
    showsThinking: true,
    hosts: 'google',
    keeps: 'google',
  },
}

/** Presets that know other file ids than their own. OpenRouter's go on to many; xAI's are of Anthropic's form. */
const keeperByPreset: Readonly<Record<string, FileKeeper | undefined>> = {
  openai: 'openai',
  openrouter: undefined,
  xai: undefined,
}

/** Chat completions as one vendor has them. */
function chatApis({ name, title, kind, dialect }: ProviderPreset): readonly (readonly [string, ParameterApi])[] {
  const { parameters, reasoningParameters, takenUnthinking } = dialect
  if (kind !== 'openai-compatible' || parameters === undefined) return []
  const plain: ParameterApi = {
    title: `${title}'s API`,
    column: parameters,
    unknown: 'passed',
    // Those that run tools have them in OpenAI's form; OpenRouter has all kinds.
    hosts: name === 'openrouter' ? undefined : 'openai',
    keeps: Object.hasOwn(keeperByPreset, name) ? keeperByPreset[name] : 'itself',
  }
  if (reasoningParameters === undefined) return [[name, plain]]
  return [
    [name, plain],
    [
      `${name} (reasoning)`,
      { ...plain, column: reasoningParameters, ...(takenUnthinking === undefined ? {} : { takenUnthinking }) },
    ],
  ]
}

/**
 * Every API by its name, with its column: the one source of what is passed, dropped and refused, for code, tests and docs. Names
 * are those of presets and kinds of providers; `(reasoning)` is for models that reason, where they take other parameters.
 */
export const parameterTable: Readonly<Record<string, ParameterApi>> = {
  ...Object.fromEntries(providerPresets.flatMap(chatApis)),
  ...nativeApis,
  simulated: { title: 'the simulated pool', column: simulatedParameters, unknown: 'dropped' },
  'openai-compatible': {
    title: 'chat completions',
    column: passingColumn,
    unknown: 'passed',
    stripped: ['thinking', 'reasoning_details', 'cache_control'],
  },
}

/** How an LLM is reached. */
export interface ReachedLlm {
  readonly kind: ProviderKind | 'simulated'
  /** The preset's name, where there is one. */
  readonly preset: string | undefined
  readonly upstreamModel: string
  /** Undefined: not known; then it is taken to take what either kind takes. */
  readonly reasoning: boolean | undefined
}

/** What an LLM's API makes of parameters. Some vendors' APIs differ for models that reason, Anthropic's, Google's and Amazon's from model to model. */
export function parameterApiOf(llm: ReachedLlm): ParameterApi {
  const name = apiNameOf(llm)
  const plain = parameterTable[name]!
  if (llm.kind === 'anthropic') return { ...plain, column: anthropicParametersOf(llm.upstreamModel), ...shown(llm) }
  if (llm.kind === 'gemini') return { ...plain, column: geminiParametersOf(llm.upstreamModel) }
  if (llm.kind === 'bedrock') return { ...plain, column: bedrockParametersOf(llm.upstreamModel), ...shown(llm) }
  const reasoning = parameterTable[`${name} (reasoning)`]
  if (llm.reasoning === false || reasoning === undefined) return plain
  return llm.reasoning === true
    ? reasoning
    : { ...plain, droppedOfOwn: [], column: generousColumn(plain.column, reasoning.column) }
}

/** Claudes that think by budget show it unless they are told not to; newer ones, only if they are told to. */
function shown({ upstreamModel }: ReachedLlm): Pick<ParameterApi, 'showsThinking'> {
  return { showsThinking: isClaude(upstreamModel) && claudeTraits(upstreamModel).thinkingBudget }
}

function apiNameOf({ kind, preset }: ReachedLlm): string {
  if (kind === 'openai-compatible' && preset !== undefined && Object.hasOwn(parameterTable, preset)) return preset
  return Object.hasOwn(parameterTable, kind) ? kind : 'openai-compatible'
}

const byGenerosity: readonly ParameterHandling[] = ['passed', 'translated', 'dropped', 'refused']

/** What is not known excludes nobody. */
function generousColumn(one: ParameterColumn, other: ParameterColumn): ParameterColumn {
  const column: { [name in ParameterName]?: ParameterHandling } = {}
  for (const name of parameterNames) {
    column[name] = byGenerosity.find((handling) => handling === one[name] || handling === other[name])!
  }
  // It is said as an effort to models that are known to reason, and to no others.
  if (one.thinking === 'dropped') column.thinking = 'dropped'
  return column as ParameterColumn
}
