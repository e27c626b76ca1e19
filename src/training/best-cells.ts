/**
 * Of every row the cell of the LLM with the largest q − w·c; ties go to the cheaper, then to the earlier.
 *
 * @param quality, costUsd row-major, rows × `width`; a cell with either NaN is not chosen.
 * @param costWeight w ≥ 0, quality per USD.
 * @param out receives indices into the matrices, shape [rows]; −1 where no cell can be chosen.
 */
export function bestCells(
  quality: Float64Array,
  costUsd: Float64Array,
  width: number,
  costWeight: number,
  out: Int32Array,
): void {
  for (let row = 0; row < out.length; row++) {
    let best = -1
    let bestUtility = Number.NEGATIVE_INFINITY
    for (let cell = row * width; cell < (row + 1) * width; cell++) {
      const utility = quality[cell]! - costWeight * costUsd[cell]!
      if (utility > bestUtility || (utility === bestUtility && costUsd[cell]! < costUsd[best]!)) {
        best = cell
        bestUtility = utility
      }
    }
    out[row] = best
  }
}
