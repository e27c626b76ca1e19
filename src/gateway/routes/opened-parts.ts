import { GatewayError } from '../gateway-error.ts'
import type { GatewayParts } from '../gateway-parts.ts'
import type { GatewayServices } from '../gateway-services.ts'

/** Parts that a gateway may have been opened without, and what its callers are told then. */
const absences = {
  poolEditor: 'The pool of this gateway stays as it was opened',
  onboarding: 'This gateway probes no LLMs',
  policyAdmin: 'The policy of this gateway stays as it was opened',
  rollout: 'The policy of this gateway stays as it was opened',
  replay: 'This gateway keeps no log that it could judge by',
} as const satisfies Partial<Record<keyof GatewayParts, string>>

/** @throws {GatewayError} `invalid_request` where the gateway was opened without */
export function openedPart<Name extends keyof typeof absences>(
  { parts }: GatewayServices,
  name: Name,
): NonNullable<GatewayParts[Name]> {
  const part = parts[name]
  if (part === undefined) throw new GatewayError('invalid_request', absences[name])
  return part as NonNullable<GatewayParts[Name]>
}
