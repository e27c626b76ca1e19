import type { PolicyName } from '../policy-names.ts'

/** One line on each policy, for tables, documentation and the report's reading aid. */
export const policyDescriptions: Readonly<Partial<Record<PolicyName, string>>> = {
  pointsman: 'what Pointsman serves: stacked or universal quality, billed cost, trust chosen out of fold',
  stacked: 'the stacked quality predictor alone, without Pointsman’s guards',
  mixllm: 'MixLLM as published: tag-enhanced embedding, one quality and one length regressor per LLM, LinUCB bonus',
  uniroute: 'UniRoute as published: K-means clusters, errors of each LLM per cluster, plug-in rule',
  'learned-cluster-map': 'UniRoute’s learned cluster map, as an MLP',
  'learned-cluster-map-linear': 'UniRoute’s learned cluster map, linear',
  cluster: 'shrunk clusters at several scales',
  universal: 'Pointsman’s estimate for LLMs never seen in training: clusters and two fold-ins on the training LLMs',
  ridge: 'linear regression per LLM with a squared penalty',
  knn: 'mean quality of the nearest prompts',
  mlp: 'a small neural network over all LLMs',
  forest: 'a random forest over all LLMs',
  'matrix-factorisation': 'a low-rank product of prompt and LLM factors',
  'retrained-mlp': 'an MLP trained on the validation prompts of the unseen LLMs',
  'retrained-matrix-factorisation': 'a factorisation trained on the validation prompts of the unseen LLMs',
  'joint-matrix-factorisation':
    'one factorisation of the training LLMs’ labels and those of the unseen LLMs on their validation prompts',
  'avengers-pro': 'clusters with a score of quality and cost per cluster (Avengers-Pro)',
  carrot: 'plug-in rule over predicted quality and cost (CARROT)',
  optllm: 'predicted success with bootstrapped uncertainty, then a search of the front (OptLLM)',
  forc: 'one meta-model of prompt and LLM (FORC)',
  zooter: 'a classifier distilled from rewards (Zooter)',
  automix: 'a cascade that asks the next LLM when an answer looks weak (AutoMix)',
  metallm: 'a linear bandit over prompts (MetaLLM)',
  paretobandit: 'a linear bandit with a budget pacer and forgetting (ParetoBandit)',
  'litellm-adaptive': 'Beta–Bernoulli counts per request type (LiteLLM’s adaptive router)',
  'beta-thompson': 'Thompson sampling from Beta counts per tier (vLLM Semantic Router)',
  'track-and-stop': 'best-arm identification, then always that arm (TensorZero)',
  'cold-start':
    'Pointsman with nothing fitted and no starter policy: quality guessed from list prices until feedback comes',
  random: 'every LLM with equal probability',
  cheapest: 'always the cheapest LLM',
  'best-single':
    'always the LLM that is best on the labelled prompts that policies learn from (probes, in the unseen protocol)',
  'zero-router': 'mixtures of single LLMs on their cost–quality hull, blind to the prompt',
  'task-oracle': 'the best choice that knows each prompt’s sub-task, but not the outcome',
  oracle: 'the best choice with every outcome known: the ceiling',
  'prompt-length': 'long prompts to the strong LLM: a score that needs no learning',
  'full-information': 'the router fitted on every outcome, not only on those it asked for',
  'clairvoyant-forest': 'a forest trained as if the unseen LLMs’ training outcomes were known',
  'clairvoyant-mlp': 'an MLP trained as if the unseen LLMs’ training outcomes were known',
  'clairvoyant-matrix-factorisation': 'a factorisation trained as if the unseen LLMs’ training outcomes were known',
}

/** Undefined for a name that is not one of ours. */
export function policyDescription(name: string): string | undefined {
  return Object.hasOwn(policyDescriptions, name) ? policyDescriptions[name as PolicyName] : undefined
}

const onlineLearners: ReadonlySet<string> = new Set([
  'pointsman',
  'mixllm',
  'metallm',
  'paretobandit',
  'litellm-adaptive',
  'beta-thompson',
  'track-and-stop',
  'cold-start',
] satisfies PolicyName[])

/** Whether a policy learns from the requests of a stream, where a protocol has one; the others are fitted once. */
export function learnsOnline(policy: string): boolean {
  return onlineLearners.has(policy)
}
