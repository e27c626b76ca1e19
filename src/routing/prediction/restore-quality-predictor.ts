import type { SnapshotData } from '../policy-store.ts'
import { StarterQualityPredictor } from '../starter/starter-quality-predictor.ts'
import { JoinedQualityPredictor } from './joined-quality-predictor.ts'
import type { QualityPredictor } from './quality-predictor.ts'
import { restoreMember } from './restore-member.ts'
import { objectField } from './snapshot-fields.ts'
import { StackedQualityPredictor } from './stacked-quality-predictor.ts'

/**
 * Restores a quality predictor of any kind from its snapshot.
 * @throws {RoutingError} `unknown_snapshot_format`
 */
export function restoreQualityPredictor(data: SnapshotData): QualityPredictor {
  const fields = objectField({ predictor: data }, 'predictor')
  if (fields.kind === 'starter-quality') return StarterQualityPredictor.restore(fields)
  if (fields.kind === 'joined') return JoinedQualityPredictor.restore(fields)
  return fields.kind === 'stacked' ? StackedQualityPredictor.restore(fields) : restoreMember(fields)
}
