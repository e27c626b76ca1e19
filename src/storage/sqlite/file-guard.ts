import { statSync } from 'node:fs'
import { StorageError } from '../storage-error.ts'

/**
 * A check that the open file is still the one at its path. SQLite goes on writing into a deleted file, and all of it
 * would be lost.
 */
export function fileGuard(file: string): () => void {
  if (file === ':memory:') return () => {}
  const opened = statSync(file)
  return () => {
    const found = statSync(file, { throwIfNoEntry: false })
    if (found?.ino !== opened.ino || found.dev !== opened.dev) {
      throw new StorageError('storage_unavailable', 'The database file was removed or replaced; restart Pointsman')
    }
  }
}
