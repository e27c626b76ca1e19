import { access, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import type { OutcomeData } from './outcome-data.ts'
import { OutcomeDataError } from './outcome-data-error.ts'
import { readLlms } from './read-llms.ts'
import { readOutcomes } from './read-outcomes.ts'
import { readPrompts } from './read-prompts.ts'

/**
 * Reads a folder of outcome data: prompts.jsonl, models.json and outcomes.csv, the first and the last also as `.gz`.
 * Files stream through; memory is that of the result. Nothing is repaired or guessed: the first fault ends it.
 *
 * @throws {OutcomeDataError} naming file, line and field.
 */
export async function readOutcomeData(folder: string): Promise<OutcomeData> {
  const path = resolve(folder)
  const name = basename(path)
  const isFolder = await stat(path).then(
    (entry) => entry.isDirectory(),
    () => false,
  )
  if (!isFolder) throw new OutcomeDataError('not_a_folder', { file: path }, 'there is no such folder')
  const promptsPath = await findFile(path, ['prompts.jsonl', 'prompts.jsonl.gz'])
  const llmsPath = await findFile(path, ['models.json'])
  const outcomesPath = await findFile(path, ['outcomes.csv', 'outcomes.csv.gz'])
  const prompts = await readPrompts(promptsPath)
  const llms = await readLlms(llmsPath)
  return { name, prompts, llms, ...(await readOutcomes(outcomesPath, prompts, llms)) }
}

async function findFile(folder: string, names: readonly string[]): Promise<string> {
  for (const name of names) {
    const path = join(folder, name)
    const exists = await access(path).then(
      () => true,
      () => false,
    )
    if (exists) return path
  }
  throw new OutcomeDataError('missing_file', { file: names[0]! }, `the folder has no ${names.join(' or ')}`)
}
