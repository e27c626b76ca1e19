/** The word that ends every answer of the mock upstream: an answer without it was cut. */
export const lastWord = 'destination'

/** The answer to every prompt, 120 words. */
export const answerWords: readonly string[] = [
  ...Array.from({ length: 119 }, (_, i) => ['signal', 'siding', 'junction', 'platform', 'freight'][i % 5]!),
  lastWord,
]

/** Content events of a streamed answer; the finish reason, the usage and `[DONE]` follow. */
export const streamedEvents = 20
