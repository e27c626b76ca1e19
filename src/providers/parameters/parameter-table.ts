import { anthropicParameters, anthropicParametersOf } from '../anthropic/anthropic-parameters.ts'
import { geminiParameters } from '../gemini/gemini-parameters.ts'
import {
  openAiResponsesParameters,
  openAiResponsesReasoningParameters,
} from '../openai-responses/openai-responses-parameters.ts'
import type { ProviderKind } from '../provider-kind.ts'
import { type ParameterColumn, type ParameterHandling, type ParameterName, parameterNames } from './parameter.ts'
import { passingColumn } from './passing-column.ts'
import type { HostVendor } from './request-parameters.ts'

/** One API of the table. */
export interface ParameterApi {
  /** For people, as in "reached through …". */
  readonly title: string
  readonly column: ParameterColumn
  /** Fields that no table knows: passed on, or dropped by translation. */
  readonly unknown: 'passed' | 'dropped'
  /** Whose hosted tools it runs, where `tools:hosted` is passed; undefined: nobody knows, all are passed. */
  readonly hosts?: HostVendor
}

/** Every API, with its column: the one source of what is passed, dropped and refused, for code, tests and docs. */
export const parameterTable = {
  anthropic: { title: "Anthropic's Messages API", column: anthropicParameters, unknown: 'dropped', hosts: 'anthropic' },
  gemini: { title: "Google's Gemini API", column: geminiParameters, unknown: 'dropped', hosts: 'google' },
  'openai-responses': {
    title: "OpenAI's Responses API",
    column: openAiResponsesParameters,
    unknown: 'dropped',
    hosts: 'openai',
  },
  'openai-responses (reasoning)': {
    title: "OpenAI's Responses API",
    column: openAiResponsesReasoningParameters,
    unknown: 'dropped',
    hosts: 'openai',
  },
  'openai-compatible': { title: 'chat completions', column: passingColumn, unknown: 'passed' },
} as const satisfies Readonly<Record<string, ParameterApi>>

export type ParameterApiName = keyof typeof parameterTable

/** How an LLM is reached. */
export interface ReachedLlm {
  readonly kind: ProviderKind
  /** The preset's name, where there is one. */
  readonly preset: string | undefined
  readonly upstreamModel: string
  /** Undefined: not known; then it is taken to take what either kind takes. */
  readonly reasoning: boolean | undefined
}

/** What an LLM's API makes of parameters. Some vendors' APIs differ for models that reason, Anthropic's from model to model. */
export function parameterApiOf(llm: ReachedLlm): ParameterApi {
  const name = apiNameOf(llm)
  const plain: ParameterApi = parameterTable[name]
  if (llm.kind === 'anthropic') return { ...plain, column: anthropicParametersOf(llm.upstreamModel) }
  const reasoningName = `${name} (reasoning)`
  if (llm.reasoning === false || !isApiName(reasoningName)) return plain
  const reasoning: ParameterApi = parameterTable[reasoningName]
  return llm.reasoning === true ? reasoning : { ...plain, column: generousColumn(plain.column, reasoning.column) }
}

function apiNameOf({ kind, preset }: ReachedLlm): ParameterApiName {
  if (kind === 'openai-compatible' && preset !== undefined && isApiName(preset)) return preset
  return isApiName(kind) ? kind : 'openai-compatible'
}

function isApiName(name: string): name is ParameterApiName {
  return Object.hasOwn(parameterTable, name)
}

const byGenerosity: readonly ParameterHandling[] = ['passed', 'translated', 'dropped', 'refused']

/** What is not known excludes nobody. */
function generousColumn(one: ParameterColumn, other: ParameterColumn): ParameterColumn {
  const column: { [name in ParameterName]?: ParameterHandling } = {}
  for (const name of parameterNames) {
    column[name] = byGenerosity.find((handling) => handling === one[name] || handling === other[name])!
  }
  return column as ParameterColumn
}
