import type { FeedbackRequest } from '../wire/feedback-request.ts'

/** Entries under way to the store at a time: they share its commits, and leave room for others. */
const entriesAtATime = 32

/** What became of an entry, in its place. */
export type EntryResult<Answer, Fault> = { readonly answer: Answer } | { readonly fault: Fault }

export interface EntryIntake<Answer, Fault> {
  /** @throws whatever {@link faultOf} knows. */
  read(entry: unknown, index: number): FeedbackRequest
  give(request: FeedbackRequest): Promise<Answer>
  /** What an entry itself is at fault for; undefined: the fault is ours, and the next entry would fare no better. */
  faultOf(error: unknown): Fault | undefined
}

/**
 * Takes what is said of many answers at once. An entry that will not do does not stop the rest. Entries on one answer are taken in their order, as the
 * last word counts, one on a conversation after all before it and before all after it; the others side by side.
 *
 * @returns a result for each entry, in order.
 * @throws what is no entry's fault. What was taken by then stays taken: sent again, it is answered as a duplicate.
 */
export async function takeFeedbackBatch<Answer, Fault>(
  entries: readonly unknown[],
  intake: EntryIntake<Answer, Fault>,
): Promise<readonly EntryResult<Answer, Fault>[]> {
  const results = new Array<EntryResult<Answer, Fault>>(entries.length)
  const noting = async (index: number, take: () => Answer | Promise<Answer>): Promise<void> => {
    try {
      results[index] = { answer: await take() }
    } catch (error) {
      const fault = intake.faultOf(error)
      if (fault === undefined) throw error
      results[index] = { fault }
    }
  }
  for (const group of groupsOf(entries, intake, results)) {
    const last = new Map<string, Promise<void>>()
    await Promise.all(
      group.map(({ index, request }) => {
        const about = placeOf(request)
        const turn = (last.get(about) ?? Promise.resolve()).then(() => noting(index, () => intake.give(request)))
        last.set(about, turn)
        return turn
      }),
    )
  }
  return results
}

interface ReadEntry {
  readonly index: number
  readonly request: FeedbackRequest
}

/** What can be read, some at a time; a conversation, whose answers other entries may be on too, by itself. */
function* groupsOf<Answer, Fault>(
  entries: readonly unknown[],
  intake: EntryIntake<Answer, Fault>,
  results: EntryResult<Answer, Fault>[],
): Generator<readonly ReadEntry[]> {
  let group: ReadEntry[] = []
  for (const [index, entry] of entries.entries()) {
    let request: FeedbackRequest
    try {
      request = intake.read(entry, index)
    } catch (error) {
      const fault = intake.faultOf(error)
      if (fault === undefined) throw error
      results[index] = { fault }
      continue
    }
    const isAlone = 'conversationId' in request.about
    if (group.length > 0 && (isAlone || group.length === entriesAtATime)) {
      yield group
      group = []
    }
    group.push({ index, request })
    if (!isAlone) continue
    yield group
    group = []
  }
  if (group.length > 0) yield group
}

function placeOf({ about }: FeedbackRequest): string {
  return 'decisionId' in about ? about.decisionId : about.conversationId
}
