import path from 'node:path'
import { z } from 'zod'

/** `probing` of the file. */
export const probingSchema = z.strictObject({
  sets: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Folder of probe sets of your own, one folder each, which requests name by the name of their folder; relative to this file. The built-in set is always there.',
    ),
  concurrency: z.int().min(1).max(256).default(8).describe('Calls of one newcomer under way at the same time.'),
  cap_usd: z
    .number()
    .positive()
    .optional()
    .describe(
      'What probing one LLM may cost, unless the request says otherwise. Default: the caps of the gateway alone.',
    ),
})

export interface ProbingConfig {
  /** Absolute. Undefined: the built-in set alone. */
  readonly setsFolder: string | undefined
  readonly concurrency: number
  readonly capUsd: number | undefined
}

/** @param folder relative paths begin there. */
export function toProbingConfig(
  { sets, concurrency, cap_usd: capUsd }: z.output<typeof probingSchema>,
  folder: string,
): ProbingConfig {
  return { setsFolder: sets === undefined ? undefined : path.resolve(folder, sets), concurrency, capUsd }
}
