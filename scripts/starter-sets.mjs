/** What the starter that ships is built from: Apache-2.0, all three (NOTICE). */
export const shippedSets = ['paretobandit', 'zeroeval', 'routellm']
