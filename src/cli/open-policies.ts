import type { Environment } from '../config/environment.ts'
import type { PointsmanConfig } from '../config/pointsman-config.ts'
import { PolicyDesk } from '../training/policy-desk.ts'
import type { PoliciesSession } from './commands/policies.ts'
import { openPool } from './open-pool.ts'
import { openStorage } from './open-service.ts'
import { systemClock } from './system.ts'
import type { Terminal } from './terminal/terminal.ts'

/** The configured database and pool, for commands on policy versions; a gateway that serves from them looks every two seconds. */
export async function openPolicies(
  config: PointsmanConfig,
  environment: Environment,
  terminal: Terminal,
): Promise<PoliciesSession> {
  const pool = await openPool(config, environment)
  try {
    const storage = await openStorage(config)
    const { policies, decisions } = storage
    return {
      desk: new PolicyDesk({
        policies,
        decisions,
        pool: () => pool.llms,
        clock: systemClock,
        changed: async () => undefined,
      }),
      terminal,
      close: async () => {
        await pool.close()
        await storage.close()
      },
    }
  } catch (error) {
    await pool.close()
    throw error
  }
}
