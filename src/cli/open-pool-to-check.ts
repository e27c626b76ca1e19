import type { Environment } from '../config/environment.ts'
import type { PointsmanConfig } from '../config/pointsman-config.ts'
import type { Storage } from '../storage/storage.ts'
import { type OpenPool, openPool } from './open-pool.ts'
import { openStorage, restorePool } from './open-service.ts'

/** The pool as the gateway would serve it, with what was added to it, and what of that cannot serve among its problems. */
export async function openPoolToCheck(config: PointsmanConfig, environment: Environment): Promise<OpenPool> {
  const pool = await openPool(config, environment)
  const storage = await readableStorage(config)
  if (storage === undefined) return pool
  const problems = [...pool.problems]
  try {
    await restorePool(config, environment, pool, storage, (llm, error) => {
      problems.push(`${llm} was added to the pool and cannot serve: ${messageOf(error)}`)
    })
    return { ...pool, problems }
  } catch (error) {
    return { ...pool, problems: [...problems, `what was added to the pool cannot be read: ${messageOf(error)}`] }
  } finally {
    await storage.close()
  }
}

/** That a database cannot be opened is a finding of its own. */
async function readableStorage(config: PointsmanConfig): Promise<Storage | undefined> {
  try {
    return await openStorage(config)
  } catch {
    return undefined
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
