import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { RoutingError } from '../../routing/errors.ts'
import { restoreStarter, type StarterModel, snapshotStarter } from '../../routing/starter/starter-model.ts'
import { packSnapshot, unpackSnapshot } from './packed-snapshot.ts'

/** The starter that ships with this package, wherever it is installed. */
export const shippedStarterFile = path.resolve(import.meta.dirname, '../../../starter/starter.json.gz')

/**
 * Reads a starter.
 *
 * @param file default: the one that ships.
 * @throws {RoutingError} `unknown_snapshot_format` when it is missing, damaged, or of another release.
 */
export async function loadStarter(file: string = shippedStarterFile): Promise<StarterModel> {
  let bytes: Uint8Array
  try {
    bytes = await readFile(file)
  } catch (cause) {
    throw new RoutingError('unknown_snapshot_format', `There is no starter policy at ${file}`, { cause })
  }
  try {
    return restoreStarter(unpackSnapshot(bytes))
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new RoutingError('unknown_snapshot_format', `The starter policy ${file} cannot be used: ${reason}`, { cause })
  }
}

/** The bytes that {@link loadStarter} reads: the same for the same model. */
export function packStarter(model: StarterModel): Uint8Array {
  return packSnapshot(snapshotStarter(model))
}
