import { requireDimension } from '../errors.ts'
import { TagDomains } from './tag-domains.ts'

export interface TagDomainsOptions {
  /** Domains at most. Default 20, as in MixLLM. */
  readonly domains?: number
  /** A tag on a larger share of the prompts tells nothing apart and is left out. Default .5. */
  readonly commonestShare?: number
  /** A tag on fewer prompts is left out. Default 5. */
  readonly fewestPrompts?: number
}

const defaultDomains = 20
const defaultCommonestShare = 0.5
const defaultFewestPrompts = 5

/** Tags that name a domain. */
const namesPerDomain = 2

interface SeenTag {
  readonly name: string
  /** Prompts that have it, each once. */
  readonly rows: readonly number[]
}

/**
 * Groups tags into domains by average-linkage agglomerative clustering (mathematics §13). Two tags are alike by half the
 * cosine of their prompts' mean embeddings and half the Jaccard index of the sets of prompts. A domain is named by its two commonest tags.
 *
 * Deviation from MixLLM (arXiv:2502.18482), where people grouped the tags: clusters stand in for them; the map that comes
 * out is plain JSON, to be edited and given to {@link TagDomains}.
 *
 * @param tagsOf of each prompt. @param embeddings unit vectors, row-major [prompts × dimension].
 */
export function fitTagDomains(
  tagsOf: readonly (readonly string[])[],
  embeddings: Float32Array,
  dimension: number,
  options: TagDomainsOptions = {},
): TagDomains {
  requireDimension('The embeddings', embeddings.length, dimension * tagsOf.length)
  const tags = seenTags(tagsOf, options)
  const clusters = agglomerate(similarities(tags, embeddings, dimension), options.domains ?? defaultDomains)
  const domainOfTag: Record<string, string> = {}
  for (const cluster of clusters) {
    const members = cluster.map((index) => tags[index]!).sort((a, b) => b.rows.length - a.rows.length)
    const domain = members
      .slice(0, namesPerDomain)
      .map(({ name }) => name)
      .join(', ')
    for (const { name } of members) domainOfTag[name] = domain
  }
  return new TagDomains(domainOfTag, new Map(tags.map(({ name, rows }) => [name, rows.length])))
}

/** By name, so that nothing depends on the order of the prompts. */
function seenTags(tagsOf: readonly (readonly string[])[], options: TagDomainsOptions): SeenTag[] {
  const rowsOf = new Map<string, number[]>()
  tagsOf.forEach((own, row) => {
    for (const tag of new Set(own)) {
      const rows = rowsOf.get(tag)
      if (rows === undefined) rowsOf.set(tag, [row])
      else rows.push(row)
    }
  })
  const most = (options.commonestShare ?? defaultCommonestShare) * tagsOf.length
  const fewest = options.fewestPrompts ?? defaultFewestPrompts
  return [...rowsOf]
    .filter(([, rows]) => rows.length >= fewest && rows.length <= most)
    .map(([name, rows]) => ({ name, rows }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** Row-major, tags × tags. */
function similarities(tags: readonly SeenTag[], embeddings: Float32Array, dimension: number): Float64Array {
  const count = tags.length
  const means = tags.map(({ rows }) => unitMean(rows, embeddings, dimension))
  const alike = new Float64Array(count * count)
  for (let a = 0; a < count; a++) {
    for (let b = 0; b < a; b++) {
      let cosine = 0
      for (let j = 0; j < dimension; j++) cosine += means[a]![j]! * means[b]![j]!
      const value = (cosine + jaccard(tags[a]!.rows, tags[b]!.rows)) / 2
      alike[a * count + b] = value
      alike[b * count + a] = value
    }
  }
  return alike
}

function unitMean(rows: readonly number[], embeddings: Float32Array, dimension: number): Float64Array {
  const mean = new Float64Array(dimension)
  for (const row of rows) for (let j = 0; j < dimension; j++) mean[j]! += embeddings[row * dimension + j]!
  const norm = Math.hypot(...mean)
  return norm === 0 ? mean : mean.map((value) => value / norm)
}

/** Of two sets of rows: shared over all. */
function jaccard(a: readonly number[], b: readonly number[]): number {
  const inB = new Set(b)
  let both = 0
  for (const row of a) if (inB.has(row)) both++
  return both / (a.length + b.length - both)
}

/** Joins the two clusters that are alike most on average until `count` are left. O(tags³). @returns indices of tags. */
function agglomerate(alike: Float64Array, count: number): number[][] {
  const tags = Math.sqrt(alike.length)
  const sums = alike.slice()
  const clusters: (number[] | undefined)[] = Array.from({ length: tags }, (_, tag) => [tag])
  for (let left = tags; left > Math.max(1, count); left--) {
    const [a, b] = closestPair(clusters, sums, tags)
    clusters[a]!.push(...clusters[b]!)
    clusters[b] = undefined
    for (let other = 0; other < tags; other++) {
      sums[a * tags + other]! += sums[b * tags + other]!
      sums[other * tags + a] = sums[a * tags + other]!
    }
  }
  return clusters.filter((cluster) => cluster !== undefined)
}

/** @param sums of the similarities between the tags of two clusters. Of equal pairs the first. */
function closestPair(clusters: readonly (number[] | undefined)[], sums: Float64Array, tags: number): [number, number] {
  let best: [number, number] = [0, 1]
  let bestMean = Number.NEGATIVE_INFINITY
  for (let a = 0; a < tags; a++) {
    for (let b = a + 1; b < tags; b++) {
      const first = clusters[a]
      const second = clusters[b]
      if (first === undefined || second === undefined) continue
      const mean = sums[a * tags + b]! / (first.length * second.length)
      if (mean > bestMean) {
        bestMean = mean
        best = [a, b]
      }
    }
  }
  return best
}
