/**
 * What is wrong with a folder of outcome data.
 *
 * `not_a_folder`, `missing_file`, `unreadable_file`, `bad_gzip`, `bad_encoding`: the files themselves. `bad_json`,
 * `bad_csv`: the syntax of one line. `missing_field`, `bad_value`: one field. `unknown_prompt`, `unknown_llm`, `duplicate`: a row
 * that refers to nothing or comes twice. `empty`: nothing is left to learn from.
 */
export type OutcomeDataErrorCode =
  | 'not_a_folder'
  | 'missing_file'
  | 'unreadable_file'
  | 'bad_gzip'
  | 'bad_encoding'
  | 'bad_json'
  | 'bad_csv'
  | 'missing_field'
  | 'bad_value'
  | 'unknown_prompt'
  | 'unknown_llm'
  | 'duplicate'
  | 'empty'

/** Where a fault is. Lines count from 1, the CSV header included; in models.json the entry is named in the message. */
export interface OutcomeDataPlace {
  readonly file: string
  readonly line?: number | undefined
  readonly field?: string | undefined
}

/** A fault in outcome data, found while reading it. The message already names the place. */
export class OutcomeDataError extends Error {
  override readonly name = 'OutcomeDataError'
  readonly code: OutcomeDataErrorCode
  readonly file: string
  readonly line: number | undefined
  readonly field: string | undefined

  constructor(code: OutcomeDataErrorCode, place: OutcomeDataPlace, message: string, cause?: unknown) {
    const line = place.line === undefined ? '' : `, line ${place.line}`
    const field = place.field === undefined ? '' : `, field '${place.field}'`
    super(`${place.file}${line}${field}: ${message}`, cause === undefined ? undefined : { cause })
    this.code = code
    this.file = place.file
    this.line = place.line
    this.field = place.field
  }
}
