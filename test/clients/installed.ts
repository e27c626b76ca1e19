import { existsSync } from 'node:fs'
import path from 'node:path'

/** Whether this package's own dependencies are there: `npm test` installs them where it can reach a registry. */
export function areClientsInstalled(): boolean {
  return existsSync(path.join(import.meta.dirname, 'node_modules', '.package-lock.json'))
}
