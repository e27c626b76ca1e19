import type { GraderSpec } from '../grading/grader-spec.ts'
import type { ChatRequest, JsonObject } from '../providers/chat-provider.ts'

/** An answer known to be right: text, or one call of a tool. */
export type ProbeReference = string | { readonly name: string; readonly arguments: JsonObject }

/** A prompt whose answers can be graded. */
export interface Probe {
  /** Unique in its set. */
  readonly id: string
  /** Kind of task, such as `arithmetic`: strengths are told by it. */
  readonly task: string
  /** Probes made from one pattern share its name. */
  readonly template: string | undefined
  /** Messages, tools, response_format…; no model, no stream. */
  readonly request: ChatRequest
  readonly grader: GraderSpec
  /** Its grader gives it 1; undefined where none is written down. Never sent to an LLM. */
  readonly reference: ProbeReference | undefined
}

/** Labelled prompts that place an LLM nobody has seen (UniRoute's S_val). */
export interface ProbeSet {
  /** Says the content: name and SHA-256 of it. Anchors are not part of it, as they change no answer. */
  readonly id: string
  readonly name: string
  readonly probes: readonly Probe[]
  /** What LLMs measured before reached, by LLM and probe; empty where nothing is recorded. Row-major [probes × llms], NaN unknown. */
  readonly anchors: { readonly llms: readonly string[]; readonly quality: Float64Array }
}
