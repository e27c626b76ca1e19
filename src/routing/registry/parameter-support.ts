/**
 * What the API behind an LLM makes of request parameters, each by its name: those that are not listed it takes. Plain words: which
 * names there are, the domain does not know.
 */
export interface ParameterSupport {
  /** For people: "Anthropic's Messages API". */
  readonly api: string
  /** The LLM may not serve a request that says one of these. */
  readonly refused: ReadonlySet<string>
  /** Nor one that was written for another API and says one of these. */
  readonly refusedOfOthers?: ReadonlySet<string>
  /** It answers as if these were not there. */
  readonly dropped: ReadonlySet<string>
  /** What of these two it takes all the same where it is told not to think. */
  readonly takenUnthinking?: ReadonlySet<string>
  /** What requests that were written for another API come without as well. */
  readonly strippedOfOthers?: ReadonlySet<string>
  /** Whether it also drops what nobody has heard of; else that is passed on, where the request was written for chat completions. */
  readonly dropsUnknown: boolean
  /** The API whose requests are fitted to the model: what of the call itself is lost is told by them. */
  readonly fitted?: 'messages' | 'converse' | undefined
  /** Thinking that was asked for comes with the answer, whether or not its reader asked to see it. */
  readonly showsThinking?: boolean
  /** What requests come without that were written for this very API: in what its models differ. */
  readonly droppedOfOwn?: ReadonlySet<string>
  /** Requests written for this very API are not translated: nothing of them is refused, nothing else dropped for want of words. */
  readonly dialect?: string | undefined
}

/** What a request says that not every API takes. */
export interface SaidParameters {
  readonly parameters?: readonly string[] | undefined
  /** The API it was written for, where that is not chat completions. */
  readonly dialect?: string | undefined
}

/**
 * The first parameter of a request that bars an LLM from it; undefined: none does.
 *
 * @param effort with which the LLM would think; undefined: as it does unasked.
 */
export function refusedParameter(
  support: ParameterSupport | undefined,
  said: SaidParameters,
  effort?: string,
): string | undefined {
  const { parameters } = said
  if (support === undefined || parameters === undefined || parameters.length === 0) return undefined
  if (isNative(support, said)) return undefined
  const ofOthers = said.dialect === undefined ? undefined : support.refusedOfOthers
  for (const name of parameters) {
    if (ofOthers?.has(name) === true) return name
    if (support.refused.has(name) && !isTakenUnthinking(support, name, effort)) return name
  }
  return undefined
}

/** Whether a parameter that is refused or dropped else is taken because the model does not think. */
export function isTakenUnthinking(
  { takenUnthinking }: ParameterSupport,
  name: string,
  effort: string | undefined,
): boolean {
  return effort === 'none' && takenUnthinking?.has(name) === true
}

/** Whether a request reaches the LLM as it was written. */
export function isNative(support: ParameterSupport, { dialect }: Pick<SaidParameters, 'dialect'>): boolean {
  return dialect !== undefined && dialect === support.dialect
}

/** The request's field that a parameter is in: names with a colon are of its kinds, `content:…` of what messages hold. */
export function parameterField(name: string): string {
  const end = name.indexOf(':')
  const field = end < 0 ? name : name.slice(0, end)
  return field === 'content' ? 'messages' : field
}
