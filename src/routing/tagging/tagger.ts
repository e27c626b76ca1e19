import type { RoutingContext } from '../embedding/routing-context.ts'

/** A named property of a request. */
export interface Tag {
  readonly name: string
  /** (0, 1]. */
  readonly confidence: number
}

/** Finds the tags of a request: task, subject, language, form. Pure and synchronous, so that it may run on every request. */
export interface Tagger {
  /** Every tag it can give, in a fixed order. */
  readonly tags: readonly string[]
  /**
   * @param text the user's own turns, as they were embedded.
   * @param context of the same request.
   * @returns by falling confidence, each tag at most once; newly allocated.
   */
  tag(text: string, context: RoutingContext): readonly Tag[]
}

/** Sorts by falling confidence; equally sure tags by name, so that the order never depends on how they were found. */
export function bySureness(tags: Tag[]): Tag[] {
  return tags.sort((a, b) => b.confidence - a.confidence || (a.name < b.name ? -1 : 1))
}
