import { describe, expect, it } from 'vitest'
import { fitTagDomains } from './fit-tag-domains.ts'
import { otherDomain, TagDomains } from './tag-domains.ts'

describe('TagDomains', () => {
  const prompts = new Map([
    ['python', 30],
    ['sql', 4],
    ['court', 9],
    ['contract', 12],
  ])
  const domains = new TagDomains(
    { python: 'Code', sql: 'Code', court: 'Law', contract: 'Law', hi: otherDomain },
    prompts,
  )
  const nameOf = (...tags: string[]) => domains.names[domains.domainOf(tags)] ?? otherDomain

  it('takes the majority of the tags', () => {
    expect(nameOf('python', 'court', 'contract')).toBe('Law')
    expect(nameOf('python', 'python', 'python', 'court', 'contract')).toBe('Law')
  })

  it('breaks a tie for the domain with the rarest tag', () => {
    expect(nameOf('python', 'court')).toBe('Law')
    expect(nameOf('sql', 'court')).toBe('Code')
  })

  it('knows no domain without a tag that has one', () => {
    expect(domains.domainOf([])).toBe(-1)
    expect(domains.domainOf(['unheard of'])).toBe(-1)
    expect(domains.domainOf(['hi'])).toBe(-1)
    expect(domains.names).not.toContain(otherDomain)
  })

  it('takes an edited map', () => {
    const edited = new TagDomains({ ...domains.domainOfTag, sql: 'Databases' })
    expect(edited.names[edited.domainOf(['sql'])]).toBe('Databases')
  })
})

describe('fitTagDomains', () => {
  /** 60 prompts: the first half around (1, 0) with tags of code, the second around (0, 1) with tags of law. */
  const tagsOf = Array.from({ length: 60 }, (_, row) => {
    const own =
      row < 30 ? ['python', row % 2 === 0 ? 'sql' : 'debugging'] : ['court', row % 3 === 0 ? 'contract' : 'jury']
    return [...own, 'english', ...(row === 0 ? ['once'] : [])]
  })
  const embeddings = Float32Array.from(tagsOf.flatMap((_, row) => (row < 30 ? [1, 0] : [0, 1])))
  const options = { domains: 2, commonestShare: 0.5 }

  it('puts together what occurs together, named by the commonest', () => {
    const domains = fitTagDomains(tagsOf, embeddings, 2, options)
    expect([...domains.names].sort()).toEqual(['court, jury', 'python, debugging'])
    expect(domains.domainOfTag.sql).toBe('python, debugging')
    expect(domains.domainOfTag.contract).toBe('court, jury')
  })

  it('leaves out what nearly all or hardly any prompts have', () => {
    const { domainOfTag } = fitTagDomains(tagsOf, embeddings, 2, options)
    expect(domainOfTag).not.toHaveProperty('english')
    expect(domainOfTag).not.toHaveProperty('once')
  })

  it('does not depend on the order of the prompts', () => {
    const order = Array.from({ length: 60 }, (_, row) => (row * 7) % 60)
    const shuffled = fitTagDomains(
      order.map((row) => tagsOf[row]!),
      Float32Array.from(order.flatMap((row) => [...embeddings.subarray(2 * row, 2 * row + 2)])),
      2,
      options,
    )
    expect(shuffled.domainOfTag).toEqual(fitTagDomains(tagsOf, embeddings, 2, options).domainOfTag)
  })

  it('keeps every tag by itself when there are fewer than domains, and none when there are no tags', () => {
    expect(fitTagDomains(tagsOf, embeddings, 2, { commonestShare: 0.5 }).names).toHaveLength(6)
    expect(fitTagDomains([[], []], Float32Array.of(1, 0, 0, 1), 2).names).toEqual([])
  })
})
