import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sampleDecision, sampleKey } from './__fixtures__/sample-records.ts'
import { describeCharges } from './charge-store.contract.ts'
import { describeDecisionLog } from './decision-log.contract.ts'
import {
  describeDecisions,
  describeImplausibleNumbers,
  describePruning,
  describeSpend,
} from './decision-store.contract.ts'
import { describeFeedback } from './feedback-store.contract.ts'
import { describeKeys } from './key-store.contract.ts'
import { describeLabelWeights } from './label-weight.contract.ts'
import { describeLeases } from './lease-store.contract.ts'
import { describePolicies } from './policy-store.contract.ts'
import { describePool } from './pool-store.contract.ts'
import { describeProbes } from './probe-store.contract.ts'
import { describeResponses } from './response-store.contract.ts'
import { describeRollouts } from './rollout.contract.ts'
import type { Storage } from './storage.ts'

export interface OpenedStorage {
  readonly storage: Storage
  /** Opens the same database a second time, as another process would. */
  readonly openAgain: () => Promise<Storage>
  /** Closes and deletes everything. */
  readonly remove: () => Promise<void>
}

/** What every storage does, whatever database is behind it. `open` gives an empty one each time. */
export function describeStorage(name: string, open: () => Promise<OpenedStorage>): void {
  describe(`${name} storage`, () => {
    let opened: OpenedStorage
    const use = (): Storage => opened.storage
    beforeEach(async () => {
      opened = await open()
    })
    afterEach(() => opened.remove())

    describe('decisions', () => describeDecisions(use))
    describe('implausible numbers', () => describeImplausibleNumbers(use))
    describe('decision log', () => describeDecisionLog(use))
    describe('spend', () => describeSpend(use))
    describe('feedback', () => describeFeedback(use, () => opened.openAgain()))
    describe('label weights', () => describeLabelWeights(use))
    describe('pruning', () => describePruning(use))
    describe('policies', () => describePolicies(use))
    describe('rollouts', () => describeRollouts(use, () => opened.openAgain()))
    describe('keys', () => describeKeys(use))
    describe('responses', () => describeResponses(use))
    describe('charges', () => describeCharges(use, () => opened.openAgain()))
    describe('pool', () => describePool(use, () => opened.openAgain()))
    describe('probes', () => describeProbes(use, () => opened.openAgain()))
    describe('leases', () => describeLeases(use, () => opened.openAgain()))
    describe('life', () => describeLife(use, () => opened.openAgain()))
  })
}

function describeLife(use: () => Storage, openAgain: () => Promise<Storage>): void {
  it('shows a commit to another process at once', async () => {
    const other = await openAgain()
    await use().keys.create(sampleKey('k1'))
    expect(await other.keys.list()).toHaveLength(1)
    await other.close()
  })

  it('answers the calls made before it is closed, and none after', async () => {
    const appended = use().decisions.append(sampleDecision('d1'), 100)
    const read = use().decisions.get('d1')
    const closed = use().close()
    await expect(use().decisions.get('d1')).rejects.toMatchObject({ code: 'storage_closed' })
    await Promise.all([appended, read, closed])
    await use().close()
    const other = await openAgain()
    expect(await other.decisions.get('d1')).toBeDefined()
    await other.close()
  })
}
