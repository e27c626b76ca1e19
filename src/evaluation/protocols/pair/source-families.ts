/**
 * The benchmark that each source belongs to: what sources share up to a hyphen or slash (`mmlu-virology` and
 * `mmlu-marketing` are `mmlu`), else the source itself. Of several such beginnings the one most sources share, of
 * equally shared ones the longest (`mt-bench`, not `mt`).
 *
 * @param sources of prompts, in order; repeats are normal.
 */
export function sourceFamilies(sources: readonly string[]): string[] {
  const distinct = [...new Set(sources)]
  const sharing = new Map<string, number>()
  for (const beginning of distinct.flatMap(beginningsOf)) sharing.set(beginning, (sharing.get(beginning) ?? 0) + 1)
  const families = new Map(
    distinct.map((source) => {
      const shared = beginningsOf(source).filter((beginning) => sharing.get(beginning)! > 1)
      const most = Math.max(0, ...shared.map((beginning) => sharing.get(beginning)!))
      return [source, shared.findLast((beginning) => sharing.get(beginning) === most) ?? source]
    }),
  )
  return sources.map((source) => families.get(source)!)
}

/** What stands before each hyphen or slash, shortest first. */
function beginningsOf(source: string): string[] {
  return [...source.matchAll(/[-/]/gu)].map(({ index }) => source.slice(0, index))
}
