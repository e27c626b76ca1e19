import { requireDimension } from '../errors.ts'
import { TagDomains } from './tag-domains.ts'

export interface TagDomainsOptions {
  /** Domains at most. Default 20, as in MixLLM. */
  readonly domains?: number
  /** A tag on a larger share of the prompts tells nothing apart and is left out. Default .25. */
  readonly commonestShare?: number
  /** A tag on fewer prompts is left out. Default 5. */
  readonly fewestPrompts?: number
}

const defaultDomains = 20
const defaultCommonestShare = 0.25
const defaultFewestPrompts = 5

/** Tags that name a domain. */
const namesPerDomain = 2

interface SeenTag {
  readonly name: string
  /** Prompts that have it, each once. */
  readonly rows: readonly number[]
}

/**
 * Groups tags into domains by agglomerative clustering (mathematics §13). Two tags are alike by half the
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
  const clusters = agglomerate(distances(tags, embeddings, dimension), options.domains ?? defaultDomains)
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

/** One less what two tags are alike; row-major, tags × tags. */
function distances(tags: readonly SeenTag[], embeddings: Float32Array, dimension: number): Float64Array {
  const count = tags.length
  const means = tags.map(({ rows }) => unitMean(rows, embeddings, dimension))
  const apart = new Float64Array(count * count)
  for (let a = 0; a < count; a++) {
    for (let b = 0; b < a; b++) {
      let cosine = 0
      for (let j = 0; j < dimension; j++) cosine += means[a]![j]! * means[b]![j]!
      const value = 1 - (cosine + jaccard(tags[a]!.rows, tags[b]!.rows)) / 2
      apart[a * count + b] = value
      apart[b * count + a] = value
    }
  }
  return apart
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

/**
 * Joins the two clusters whose union is tightest until `count` are left: Ward's linkage (1963) by the update of Lance and Williams
 * (1967). Average linkage left one domain of nearly all tags and many of one. O(tags³).
 *
 * @param distances squared, row-major [tags × tags]; overwritten. @returns indices of tags.
 */
function agglomerate(distances: Float64Array, count: number): number[][] {
  const tags = Math.sqrt(distances.length)
  const clusters: (number[] | undefined)[] = Array.from({ length: tags }, (_, tag) => [tag])
  for (let left = tags; left > Math.max(1, count); left--) {
    const [a, b] = closestPair(clusters, distances, tags)
    const sizeA = clusters[a]!.length
    const sizeB = clusters[b]!.length
    const between = distances[a * tags + b]!
    clusters[a]!.push(...clusters[b]!)
    clusters[b] = undefined
    clusters.forEach((cluster, other) => {
      if (cluster === undefined || other === a) return
      const size = cluster.length
      const apart =
        (size + sizeA) * distances[a * tags + other]! + (size + sizeB) * distances[b * tags + other]! - size * between
      const joined = apart / (size + sizeA + sizeB)
      distances[a * tags + other] = joined
      distances[other * tags + a] = joined
    })
  }
  return clusters.filter((cluster) => cluster !== undefined)
}

/** Of equal pairs the first. */
function closestPair(
  clusters: readonly (readonly number[] | undefined)[],
  distances: Float64Array,
  tags: number,
): [number, number] {
  let best: [number, number] = [0, 1]
  let least = Number.POSITIVE_INFINITY
  for (let a = 0; a < tags; a++) {
    if (clusters[a] === undefined) continue
    for (let b = a + 1; b < tags; b++) {
      if (clusters[b] === undefined || distances[a * tags + b]! >= least) continue
      least = distances[a * tags + b]!
      best = [a, b]
    }
  }
  return best
}
