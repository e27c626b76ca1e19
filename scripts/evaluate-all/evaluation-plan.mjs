/** @typedef {{ readonly set: string, readonly protocol: string }} PlannedEvaluation */

/** Which sets fit which protocol, small ones first, so that a fault shows soon. @type {readonly PlannedEvaluation[]} */
export const evaluationPlan = [
  ...['paretobandit', 'alpaca-eval-2', 'routerbench-0shot', 'bfcl-2024-08', 'zeroeval', 'routellm'].map((set) => ({
    set,
    protocol: 'static',
  })),
  { set: 'routellm', protocol: 'pair' },
  { set: 'paretobandit', protocol: 'drift' },
  { set: 'paretobandit', protocol: 'start' },
  { set: 'zeroeval', protocol: 'start' },
  // Of neither does the starter that ships know anything; their LLMs are older than those it knows.
  { set: 'routerbench-0shot', protocol: 'start' },
  { set: 'alpaca-eval-2', protocol: 'start' },
  { set: 'paretobandit', protocol: 'stream' },
  { set: 'routerbench-0shot', protocol: 'stream' },
  { set: 'bfcl-2024-08', protocol: 'unseen' },
  { set: 'zeroeval', protocol: 'unseen' },
]
