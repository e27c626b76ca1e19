/** Why the configuration stops the start. */
export type ConfigErrorCode =
  /** The file was named but cannot be read. */
  | 'config_unreadable'
  /** The file is not YAML. */
  | 'config_syntax'
  /** A key is unknown, or a value is not what its key takes. */
  | 'config_invalid'
  /** A secret is taken from an environment variable that is not set. */
  | 'config_missing_secret'

/** Where a setting came from: a place in the file, an environment variable, a flag, or a default. */
export type ConfigOrigin =
  | { readonly kind: 'file'; readonly file: string; readonly line: number; readonly column: number }
  | { readonly kind: 'environment'; readonly variable: string }
  | { readonly kind: 'flag'; readonly flag: string }
  | { readonly kind: 'none' }

export interface ConfigProblem {
  readonly code: ConfigErrorCode
  /** Dotted path of the key, such as `server.port`; empty for the document as a whole. */
  readonly key: string
  readonly origin: ConfigOrigin
  /** For people; says what to write instead. Holds no secret. */
  readonly message: string
}

/** The configuration cannot be used. Carries every problem found, in the order of the file. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  /** Code of the first problem. */
  readonly code: ConfigErrorCode
  readonly problems: readonly ConfigProblem[]

  constructor(problems: readonly [ConfigProblem, ...ConfigProblem[]], options: { readonly cause?: unknown } = {}) {
    super(problems.map(describeProblem).join('\n'), options.cause === undefined ? undefined : { cause: options.cause })
    this.code = problems[0].code
    this.problems = problems
  }
}

/** One line: `pointsman.yaml:3:5: server.prot: unknown key; did you mean 'port'?` */
export function describeProblem(problem: ConfigProblem): string {
  const parts = [describeOrigin(problem.origin), problem.key, problem.message]
  return parts.filter((part) => part !== '').join(': ')
}

function describeOrigin(origin: ConfigOrigin): string {
  switch (origin.kind) {
    case 'file':
      return `${origin.file}:${origin.line}:${origin.column}`
    case 'environment':
      return origin.variable
    case 'flag':
      return origin.flag
    case 'none':
      return ''
  }
}
