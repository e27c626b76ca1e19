import { openAiParameters, openAiReasoningParameters } from '../openai-compatible/openai-parameters.ts'
import type { ParameterColumn } from '../parameters/parameter.ts'

/** Azure serves OpenAI's models behind OpenAI's API; which of its parameters a dated version lacks is not told in one place. */
export const azureOpenAiParameters: ParameterColumn = openAiParameters

export const azureOpenAiReasoningParameters: ParameterColumn = openAiReasoningParameters
