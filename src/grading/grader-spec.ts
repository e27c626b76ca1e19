import type { JsonObject } from '../providers/chat-provider.ts'

/** How answers to one prompt are graded, as probe files and the configuration write it (snake_case there). */
export type GraderSpec =
  /** The whole answer, trimmed, is one of these. */
  | { readonly kind: 'exact'; readonly answers: readonly string[] }
  /** The same after Unicode, case, articles, punctuation and white space are evened out; `contains`: an answer within a longer text counts. */
  | { readonly kind: 'text'; readonly answers: readonly string[]; readonly contains: boolean }
  /** The number the answer ends on, within an absolute or relative tolerance. */
  | { readonly kind: 'number'; readonly answer: number; readonly absolute: number; readonly relative: number }
  | { readonly kind: 'choice'; readonly answer: string; readonly options: readonly string[] }
  /** The answer matches. */
  | { readonly kind: 'regex'; readonly pattern: string; readonly flags: string }
  /** The answer, or its first fenced block, is JSON that keeps to the schema and, where given, equals `answer`. */
  | { readonly kind: 'json'; readonly schema: JsonObject | undefined; readonly answer: unknown }
  /** A call of that tool and no other, with arguments equal to `arguments` where given. */
  | { readonly kind: 'tool-call'; readonly name: string; readonly arguments: JsonObject | undefined }
  /** The code of the answer followed by `tests`, in a process of its own; the share of tests passed. Off by default. */
  | { readonly kind: 'code'; readonly language: 'python' | 'javascript'; readonly tests: readonly string[] }
  /** The rows of the answer's query are those of `query`, in a SQLite database. `ordered`: in that order. */
  | { readonly kind: 'sql'; readonly database: string; readonly query: string; readonly ordered: boolean }
  /** An LLM says how good it is. `reference`: a good answer. Pairwise where `against` is given: is it better than that answer, both orders asked. */
  | {
      readonly kind: 'judge'
      readonly rubric: string | undefined
      readonly reference: string | undefined
      readonly against: string | undefined
    }
  /** The user's own: gets JSON on its standard input, writes `{"quality": 0…1}`. Off by default. */
  | { readonly kind: 'command'; readonly command: readonly string[] }
