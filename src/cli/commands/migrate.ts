import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Command } from 'commander'
import type { Environment } from '../../config/environment.ts'
import { migrateLiteLlm } from '../../config/litellm/migrate-litellm.ts'
import { plainError } from '../plain-error.ts'
import type { Terminal } from '../terminal/terminal.ts'

/** What the command works with. */
export interface MigrateSurroundings {
  readonly environment: Environment
  readonly terminal: Terminal
  readonly folder: string
}

/** Adds `migrate`: another gateway's configuration in, `pointsman.yaml` out. */
export function addMigrateCommand(program: Command, around: MigrateSurroundings): void {
  program
    .command('migrate')
    .description("write a LiteLLM proxy's configuration as pointsman.yaml, with comments on what was not carried over")
    .argument('<file>', "LiteLLM's config.yaml")
    .option('-o, --output <file>', 'where to write it, which must not exist; default: to the terminal')
    .action((file: string, { output }: { readonly output?: string }) => migrate(around, file, output))
}

/**
 * @throws {ConfigError} for a file that cannot be migrated.
 * @throws {PlainError} when `output` is there already or cannot be written.
 */
export async function migrate(around: MigrateSurroundings, file: string, output?: string): Promise<void> {
  const { terminal, folder, environment } = around
  const { text, remarks } = migrateLiteLlm(path.resolve(folder, file), environment)
  const what = remarks === 1 ? 'One setting serves' : `${remarks} settings serve`
  const differ = remarks === 0 ? '' : ` ${what} differently here; comments at the top say which.`
  if (output === undefined) {
    terminal.out(text.trimEnd())
    if (remarks > 0) terminal.note(differ.trim())
    return
  }
  await write(path.resolve(folder, output), text)
  terminal.note(`Wrote ${output}.${differ}`)
}

async function write(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text, { flag: 'wx' })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : undefined
    if (code === 'EEXIST') throw plainError(`${file} is there already; name another file, or remove it first`)
    throw plainError(`${file} cannot be written (${code ?? 'unknown reason'})`)
  }
}
