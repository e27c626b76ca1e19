import type { ProtocolName } from '../evaluation-result.ts'

export interface ProtocolWords {
  readonly title: string
  /** What it does and what it answers, one or two sentences. */
  readonly description: string
}

/** The protocols in words. */
export const protocolWords: Readonly<Record<ProtocolName, ProtocolWords>> = {
  static: {
    title: 'Static routing',
    description:
      'Every policy is fitted on the training prompts and then routes the test prompts once for each willingness to pay. What quality does each cost buy?',
  },
  stream: {
    title: 'Routing a stream, learning from feedback',
    description:
      'Prompts arrive in order; LLMs have queues and a time limit; after an offline phase the policies go on learning from what is fed back. What does learning online add?',
  },
  unseen: {
    title: 'LLMs never seen in training',
    description:
      'A third of the LLMs joins after training, known only by its outcomes on a few labelled prompts. How well do the policies route to a pool with newcomers?',
  },
  drift: {
    title: 'A pool that changes',
    description:
      'While a stream with bandit feedback runs, an LLM gets worse, a price changes, an LLM joins and one leaves. What is lost, and how soon is it made good?',
  },
  start: {
    title: 'The first requests',
    description:
      'Nothing was ever fitted, and feedback comes on one’s own choices alone. What does it help to begin with the starter policy, built without this set, instead of list prices?',
  },
  pair: {
    title: 'Two LLMs, one threshold',
    description:
      'Each prompt goes to a weak or a strong LLM, by a threshold on a score. What share of calls to the strong one recovers how much of its lead?',
  },
}
