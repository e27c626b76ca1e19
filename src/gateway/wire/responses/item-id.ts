/** The id of an item that was written here: its kind, its decision, its place. */
export function outputItemId(prefix: string, decisionId: string, place: number): string {
  return `${prefix}_${decisionId}_${place}`
}

/** The same for an item of a request, which its caller gave none. */
export function inputItemId(prefix: string, decisionId: string, place: number): string {
  return `${prefix}_${decisionId}_in${place}`
}

const made = /^[a-z_]+_[0-9a-z-]{8,}_(?:in)?\d{1,5}$/

/** Whether an id is of one of these forms. Ids of OpenAI's have no place at their end. */
export function isMadeId(id: string): boolean {
  return made.test(id)
}
