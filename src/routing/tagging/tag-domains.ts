/** Tag → domain: plain JSON, for people to read and to change. */
export type DomainOfTag = Readonly<Record<string, string>>

/** What prompts without a tag of any domain belong to. */
export const otherDomain = 'Other'

/** A few coarse domains over many tags (MixLLM, arXiv:2502.18482: 20 domains, grouped by hand there). */
export class TagDomains {
  /** In the order of their numbers; {@link otherDomain} is not among them. */
  readonly names: readonly string[]
  readonly domainOfTag: DomainOfTag
  readonly #numberOfTag: ReadonlyMap<string, number>
  readonly #promptsOfTag: ReadonlyMap<string, number>

  /**
   * @param domainOfTag a tag that is not in it, or whose domain is {@link otherDomain}, votes for nothing.
   * @param promptsOfTag how many prompts a tag was seen on, for ties; 0 where not given.
   */
  constructor(domainOfTag: DomainOfTag, promptsOfTag: ReadonlyMap<string, number> = new Map()) {
    const entries = Object.entries(domainOfTag).filter(([, domain]) => domain !== otherDomain)
    this.domainOfTag = domainOfTag
    this.names = [...new Set(entries.map(([, domain]) => domain))]
    const numbers = new Map(this.names.map((name, index) => [name, index]))
    this.#numberOfTag = new Map(entries.map(([tag, domain]) => [tag, numbers.get(domain)!]))
    this.#promptsOfTag = promptsOfTag
  }

  /**
   * The domain that most of a prompt's tags are in; among equals the one that has its rarest tag.
   *
   * @returns an index into {@link names}; −1, {@link otherDomain}, when none of the tags is in a domain.
   */
  domainOf(tags: Iterable<string>): number {
    const votes = new Map<number, { count: number; rarest: number }>()
    for (const tag of new Set(tags)) {
      const domain = this.#numberOfTag.get(tag)
      if (domain === undefined) continue
      const prompts = this.#promptsOfTag.get(tag) ?? 0
      const vote = votes.get(domain)
      if (vote === undefined) {
        votes.set(domain, { count: 1, rarest: prompts })
      } else {
        vote.count++
        vote.rarest = Math.min(vote.rarest, prompts)
      }
    }
    let best = -1
    let bestVote = { count: 0, rarest: 0 }
    for (const [domain, vote] of votes) {
      const wins =
        vote.count > bestVote.count ||
        (vote.count === bestVote.count &&
          (vote.rarest < bestVote.rarest || (vote.rarest === bestVote.rarest && domain < best)))
      if (wins) {
        best = domain
        bestVote = vote
      }
    }
    return best
  }
}
