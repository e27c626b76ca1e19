import { budgetedAssignments } from './budgeted-assignment.ts'
import { ForcMetaModel, type ForcSetting } from './forc-meta-model.ts'
import { tunedPolicy } from './tuned-policy.ts'

/** Budgets. */
const settings = 121

const candidates: readonly ForcSetting[] = [32, 64].flatMap((hidden) => [6, 12].map((epochs) => ({ hidden, epochs })))

/**
 * FORC (Šakota, Peyrard, West 2024, arXiv:2308.06077) in style, re-implemented from its description: one meta-model predicts, from the prompt and a
 * token that names the LLM, whether the answer will be good; prompts are then assigned to maximise the predicted sum under a cost budget. Knob: the
 * budget.
 *
 * Deviations: the meta-model is {@link ForcMetaModel} on the bench's context vectors, not a fine-tuned encoder; the LLM's token is its own
 * coordinate beside its mean quality and cost; the integer programme is solved by its Lagrangian relaxation
 * ({@link budgetedAssignments}), which misses the optimum by less than one prompt's step; costs are those of the shared predictor.
 */
export const forc = tunedPolicy<ForcSetting>({
  name: 'forc',
  candidates: () => candidates,
  fit:
    ({ rows, seed }) =>
    (setting) => {
      const model = ForcMetaModel.fit(rows, setting, seed)
      return {
        choose: ({ contexts, predictedCostUsd }) =>
          budgetedAssignments(model.predict(contexts), predictedCostUsd, rows.llms.length, settings),
      }
    },
})
