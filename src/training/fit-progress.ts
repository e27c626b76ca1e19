import { setImmediate } from 'node:timers/promises'

/** The stages of a fit, in order. */
export type FitPhase = 'embedder' | 'contexts' | 'cross-validation' | 'final'

export interface FitProgress {
  readonly phase: FitPhase
  readonly done: number
  readonly total: number
}

export type FitProgressListener = (progress: FitProgress) => void

/** Reports one step and lets timers and sockets have their turn: a fit runs inside a serving process too. */
export async function reportStep(
  listener: FitProgressListener | undefined,
  phase: FitPhase,
  done: number,
  total: number,
): Promise<void> {
  listener?.({ phase, done, total })
  await setImmediate()
}
