import type { ParameterColumn, ParameterName } from '../parameters/parameter.ts'

/** How an upstream departs from OpenAI's chat completions. */
export interface OpenAiDialect {
  /** The one name it knows for the cap on output tokens; the other one is renamed. Both pass when undefined. */
  readonly outputCapParameter?: 'max_tokens' | 'max_completion_tokens'
  /** It refuses `stream_options`; usage comes without asking. */
  readonly refusesStreamOptions?: boolean
  /** What it takes; parameters that are dropped are left out. Undefined: not known, all are sent. */
  readonly parameters?: ParameterColumn
  /** The same of its models that reason, where it differs. */
  readonly reasoningParameters?: ParameterColumn
  /** What of those such a model takes all the same with the effort `none`. */
  readonly takenUnthinking?: readonly ParameterName[]
  /** Its own names of parameters. */
  readonly renamed?: { readonly [parameter: string]: string }
  /** `thinking` goes as OpenRouter's `reasoning`. */
  readonly thinkingAsReasoning?: boolean
  /** Its answers may hold lists of chunks where others have a text. */
  readonly contentChunks?: boolean
  /** What its messages hold. Undefined: not known, they are sent as their caller wrote them. */
  readonly messages?: MessageDialect
}

/** Fields of messages, parts and calls that chat completions of OpenAI do not have. */
export type NeutralAddition =
  | 'reasoning_details'
  | 'reasoning_content'
  | 'reasoning'
  | 'cache_control'
  | 'extra_content'

/** The fields a message may have, by its role. */
export type MessageFields = { readonly [role: string]: ReadonlySet<string> }

/** What the messages of an upstream may hold beside OpenAI's own fields, and what of those they may not. */
export interface MessageDialect {
  readonly keeps: readonly NeutralAddition[]
  /** It knows the role `developer`; else `system` says the same. */
  readonly developerRole?: boolean
  /** It refuses messages with other fields than these, `null` or not; by role. Undefined: any may come. */
  readonly fields?: MessageFields
  /** Which ids of tool calls it takes. Default: any. */
  readonly toolCallIds?: 'short' | 'nine_alphanumerics'
  /** Outputs of tools may hold images; else these follow in a message of the user. */
  readonly toolParts?: boolean
  /** How it takes files, where not as OpenAI does: `document_url` is Mistral's part, `url_as_data` an address in `file_data`. */
  readonly files?: 'document_url' | 'url_as_data'
}
