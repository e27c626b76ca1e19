import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'

export interface SavedVersions {
  /** The oldest first. */
  readonly ids: readonly string[]
  readonly serving: string | null
  /** Versions, once for each time that they were released. */
  readonly releases: readonly string[]
}

/** What a gateway that starts now finds. */
export function savedVersions(folder: string): SavedVersions {
  const database = new DatabaseSync(path.join(folder, 'pointsman.db'))
  const column = (query: string) =>
    database
      .prepare(query)
      .all()
      .map(({ id }) => id as string)
  const found = {
    ids: column('SELECT id FROM policy_versions ORDER BY created_at_ms, id'),
    serving: column('SELECT serving_id AS id FROM policy_rollout')[0] ?? null,
    releases: column(`SELECT version AS id FROM rollout_events WHERE kind = 'released'`),
  }
  database.close()
  return found
}

/** What each version has learned, with the number of the last label in front. */
export function learnedStates(folder: string): ReadonlyMap<string, Buffer> {
  const database = new DatabaseSync(path.join(folder, 'pointsman.db'), { readOnly: true })
  const rows = database.prepare('SELECT policy_version, sequence, state FROM learned_states').all() as {
    readonly policy_version: string
    readonly sequence: number
    readonly state: Uint8Array
  }[]
  database.close()
  return new Map(
    rows.map(({ policy_version, sequence, state }) => [
      policy_version,
      Buffer.concat([Buffer.from(`${sequence} `), state]),
    ]),
  )
}
