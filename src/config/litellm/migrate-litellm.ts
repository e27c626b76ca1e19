import { readFileSync } from 'node:fs'
import { ConfigError, type ConfigErrorCode, type ConfigOrigin, type ConfigProblem } from '../config-error.ts'
import { ConfigSource, dottedPath } from '../config-source.ts'
import type { Environment } from '../environment.ts'
import { importLiteLlm, isLiteLlmFile } from './import-litellm.ts'
import { LiteLlmSource } from './litellm-source.ts'
import { writeMigrated } from './write-migrated.ts'

/** A LiteLLM file written as ours. */
export interface Migration {
  /** YAML. */
  readonly text: string
  /** How many settings serve differently, or not at all; `text` says which. */
  readonly remarks: number
}

/**
 * Reads a LiteLLM file and writes it as `pointsman.yaml`.
 *
 * @param file as it was named, for messages.
 * @throws {ConfigError} when it cannot be read, is no LiteLLM file, or asks for what there is not.
 */
export function migrateLiteLlm(file: string, environment: Environment): Migration {
  const source = new ConfigSource(file, read(file))
  throwIfAny(source.problems)
  if (!isLiteLlmFile(source.value)) {
    throw new ConfigError([
      problem('config_invalid', source.originOf([]), 'no LiteLLM configuration: it has no model_list'),
    ])
  }
  const imported = importLiteLlm(source.value, environment)
  throwIfAny(new LiteLlmSource(source, imported).problems)
  const remarks = imported.notes.map(({ path, message }) => {
    const origin = source.originOfKey(path)
    const line = origin.kind === 'file' ? ` (line ${origin.line})` : ''
    return { place: `${dottedPath(path)}${line}`, message }
  })
  return { text: writeMigrated(imported, file, remarks), remarks: remarks.length }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason'
    throw new ConfigError([problem('config_unreadable', { kind: 'none' }, `${file} cannot be read (${reason})`)], {
      cause: error,
    })
  }
}

function problem(code: ConfigErrorCode, origin: ConfigOrigin, message: string): ConfigProblem {
  return { code, key: '', origin, message }
}

function throwIfAny(problems: readonly ConfigProblem[]): void {
  const [first, ...rest] = problems
  if (first !== undefined) throw new ConfigError([first, ...rest])
}
