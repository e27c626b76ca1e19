import { describe, expect, test } from 'vitest'
import type { FeedbackStore } from '../routing/feedback-store.ts'
import type { Label } from '../routing/outcome.ts'
import type { PolicyStore, SnapshotData } from '../routing/policy-store.ts'
import { type Llm, unknownLlmProperties } from '../routing/registry/llm.ts'
import { RoutingPolicy } from '../routing/routing-policy.ts'
import { MemoryPolicyStore } from './__fixtures__/memory-policy-store.ts'
import { Trainer, type TrainerOptions } from './trainer.ts'

const llm: Llm = { ...unknownLlmProperties, id: 'a', provider: 'p', upstreamModel: 'a', quality: 0.5 }
const embedder = { id: 'test', dimension: 2, embed: () => Float32Array.of(1, 0) }

function label(sequence: number, value = (sequence % 10) / 10): Label {
  const angle = sequence * 0.7
  const embedding = Float32Array.of(Math.cos(angle), Math.sin(angle))
  const context = { embedderId: 'test', embedding, explicit: new Float32Array(0) }
  return {
    sequence,
    decisionId: `d${sequence}`,
    llm: 'a',
    context,
    source: 'user',
    kind: 'score',
    value,
    offlineQuality: 0.5,
    weight: 1,
    noise: undefined,
    revises: undefined,
  }
}

function learner() {
  const policy = new RoutingPolicy({ embedder, pool: [llm] })
  return { policy, learn: (one: Label) => policy.learn(one) }
}

/** A store that holds these labels and the latest state. */
function stores(log: readonly Label[]) {
  const saved: { sequence: number; state: SnapshotData }[] = []
  const unused = () => Promise.reject(new Error('not used here'))
  const feedback: FeedbackStore = {
    accept: unused,
    label: unused,
    latestSequence: async () => log.at(-1)?.sequence ?? 0,
    labelsAfter: async (sequence, limit) => log.filter((one) => one.sequence > sequence).slice(0, limit),
  }
  class SavingStore extends MemoryPolicyStore {
    override async saveLearnedState(_version: string, sequence: number, state: SnapshotData): Promise<void> {
      saved.push({ sequence, state })
    }

    override async learnedState(): ReturnType<PolicyStore['learnedState']> {
      return saved.at(-1)
    }
  }
  const policies = new SavingStore()
  return { feedback, policies, saved }
}

function options(errors: unknown[] = []): Partial<TrainerOptions> & Pick<TrainerOptions, 'onError'> {
  return { saveEvery: 5, onError: (error) => errors.push(error) }
}

function stateAfter(labels: readonly Label[]): SnapshotData {
  const { policy, learn } = learner()
  for (const one of labels) learn(one)
  return policy.learnedState()
}

const log = Array.from({ length: 23 }, (_, i) => label(i + 1))

describe('Trainer', () => {
  test('folds in the order of the numbers, whatever the order of arrival', async () => {
    const taught = learner()
    const trainer = new Trainer(taught, stores(log), options())
    for (const one of [...log].reverse()) trainer.accept(one)
    await trainer.settled()
    expect(trainer.sequence).toBe(23)
    expect(taught.policy.learnedState()).toStrictEqual(stateAfter(log))
  })

  test('reads a missing number from the store', async () => {
    const taught = learner()
    const trainer = new Trainer(taught, stores(log), options())
    trainer.accept(log[22]!)
    await trainer.settled()
    expect(taught.policy.learnedState()).toStrictEqual(stateAfter(log))
  })

  test('a restart continues from the saved state, bit for bit', async () => {
    const store = stores(log)
    const first = new Trainer(learner(), store, options())
    for (const one of log.slice(0, 12)) first.accept(one)
    await first.settled()
    // Killed here: saved up to 10 (after 5 and 10), the labels 11 and 12 are in the log only.
    await Promise.resolve()
    expect(store.saved.at(-1)?.sequence).toBe(10)
    const taught = learner()
    const second = new Trainer(taught, store, options())
    await second.start()
    expect(second.folded).toBe(13)
    expect(taught.policy.learnedState()).toStrictEqual(stateAfter(log))
  })

  test('reading the log lets other work have its turn', async () => {
    const long = Array.from({ length: 100 }, (_, i) => label(i + 1))
    let turns = 0
    const trainer = new Trainer(learner(), stores(long), {
      ...options(),
      batch: 10,
      defer: (work) => {
        turns++
        setImmediate(work)
      },
    })
    await trainer.start()
    expect(trainer.folded).toBe(100)
    expect(turns).toBeGreaterThanOrEqual(9)
  })

  test('a store that fails is asked again', async () => {
    const errors: unknown[] = []
    const store = stores(log)
    let broken = true
    const feedback: FeedbackStore = {
      ...store.feedback,
      labelsAfter: (sequence, limit) =>
        broken ? Promise.reject(new Error('lost')) : store.feedback.labelsAfter(sequence, limit),
    }
    const trainer = new Trainer(learner(), { ...store, feedback }, options(errors))
    trainer.accept(log[22]!)
    await trainer.settled()
    expect(errors).toHaveLength(1)
    expect(trainer.sequence).toBe(0)
    broken = false
    await trainer.catchUp()
    expect(trainer.sequence).toBe(23)
  })

  test('labels that nobody handed over are found in the store', async () => {
    const taught = learner()
    const trainer = new Trainer(taught, stores(log), options())
    await trainer.catchUp()
    expect(trainer.sequence).toBe(23)
    expect(taught.policy.learnedState()).toStrictEqual(stateAfter(log))
  })

  test('a repeat is folded once', async () => {
    const taught = learner()
    const trainer = new Trainer(taught, stores(log), options())
    for (const one of [...log, ...log]) trainer.accept(one)
    await trainer.settled()
    trainer.accept(log[3]!)
    await trainer.settled()
    expect(trainer.folded).toBe(23)
  })

  test('goes on behind a gap that retention left at the front', async () => {
    const taught = learner()
    const trainer = new Trainer(taught, stores(log.slice(9)), options())
    await trainer.start()
    expect(trainer.sequence).toBe(23)
    expect(trainer.folded).toBe(14)
  })

  test('a label that cannot be learned is reported, and the fold goes on', async () => {
    const errors: unknown[] = []
    const taught = learner()
    const broken = { ...log[4]!, value: Number.NaN }
    const trainer = new Trainer(taught, stores([]), options(errors))
    for (const one of [...log.slice(0, 4), broken, ...log.slice(5)]) trainer.accept(one)
    await trainer.settled()
    expect(errors).toHaveLength(1)
    expect(trainer.sequence).toBe(23)
    const { policy, learn } = learner()
    for (const one of log) if (one.sequence !== 5) learn(one)
    expect(Number.isFinite(taught.policy.labelSequence)).toBe(true)
    expect(policy.labelSequence).toBe(taught.policy.labelSequence)
  })

  test('close folds what waits and saves it', async () => {
    const store = stores(log)
    const trainer = new Trainer(learner(), store, options())
    for (const one of log) trainer.accept(one)
    await trainer.close()
    await trainer.close()
    expect(store.saved.at(-1)?.sequence).toBe(23)
    expect(store.saved.at(-1)?.state).toStrictEqual(stateAfter(log))
  })
})
