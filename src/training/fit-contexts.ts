import type { OutcomeData, OutcomePrompt } from '../outcomes/outcome-data.ts'
import { buildContext } from '../routing/embedding/context-builder.ts'
import type { Embedder } from '../routing/embedding/embedder.ts'
import type { RoutingContext } from '../routing/embedding/routing-context.ts'
import type { TrainingRows } from '../routing/prediction/training-rows.ts'
import { plainRequest } from '../routing/request.ts'
import { type FitProgressListener, reportStep } from './fit-progress.ts'

const promptsPerStep = 64

/** What the predictors see of each prompt, in order. Awaits an embedder that is asynchronous, one prompt at a time. */
export async function fitContexts(
  embedder: Embedder,
  prompts: readonly OutcomePrompt[],
  onProgress?: FitProgressListener,
): Promise<RoutingContext[]> {
  const contexts: RoutingContext[] = []
  for (const prompt of prompts) {
    if (contexts.length % promptsPerStep === 0) {
      await reportStep(onProgress, 'contexts', contexts.length, prompts.length)
    }
    const context = buildContext(embedder, plainRequest(prompt.text))
    contexts.push(context instanceof Promise ? await context : context)
  }
  return contexts
}

/** Outcome data as training rows; shares the matrices. */
export function trainingRows(data: OutcomeData, contexts: readonly RoutingContext[]): TrainingRows {
  return {
    llms: data.llms.map((llm) => llm.id),
    contexts,
    quality: data.quality,
    costUsd: data.costUsd,
    inputTokens: data.inputTokens,
    outputTokens: data.outputTokens,
  }
}
