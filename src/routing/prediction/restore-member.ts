import { RoutingError } from '../errors.ts'
import type { SnapshotData } from '../policy-store.ts'
import { ClusterQualityPredictor } from './cluster-quality-predictor.ts'
import { ForestQualityPredictor } from './forest-quality-predictor.ts'
import { KnnQualityPredictor } from './knn-quality-predictor.ts'
import { MatrixFactorisationQualityPredictor } from './matrix-factorisation-quality-predictor.ts'
import { MlpQualityPredictor } from './mlp-quality-predictor.ts'
import type { QualityPredictor } from './quality-predictor.ts'
import { RidgeQualityPredictor } from './ridge-quality-predictor.ts'
import { objectField, shown } from './snapshot-fields.ts'

/**
 * Restores a predictor that a stack can be made of. Apart from {@link restoreQualityPredictor}, which knows the stack
 * too, so that the stack's own file does not import itself.
 * @throws {RoutingError} `unknown_snapshot_format` when its kind is none of them.
 */
export function restoreMember(data: SnapshotData): QualityPredictor {
  const fields = objectField({ member: data }, 'member')
  switch (fields.kind) {
    case 'ridge':
      return RidgeQualityPredictor.restore(fields)
    case 'knn':
      return KnnQualityPredictor.restore(fields)
    case 'cluster':
      return ClusterQualityPredictor.restore(fields)
    case 'forest':
      return ForestQualityPredictor.restore(fields)
    case 'mlp':
      return MlpQualityPredictor.restore(fields)
    case 'matrix-factorisation':
      return MatrixFactorisationQualityPredictor.restore(fields)
    default:
      throw new RoutingError('unknown_snapshot_format', `There is no quality predictor of kind ${shown(fields.kind)}`)
  }
}
