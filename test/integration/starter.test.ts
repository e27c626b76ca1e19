import { existsSync, statSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WorkerCache } from '../../src/evaluation/protocol.ts'
import { startProtocol } from '../../src/evaluation/protocols/start/start-protocol.ts'
import { selectLlms, selectRows } from '../../src/outcomes/outcome-data.ts'
import { readOutcomeData } from '../../src/outcomes/read-outcome-data.ts'
import { createRouter } from '../../src/routing/create-router.ts'
import { fitStarter } from '../../src/training/starter/fit-starter.ts'
import { loadStarter, packStarter, shippedStarterFile } from '../../src/training/starter/starter-file.ts'

const root = process.env.POINTSMAN_DATA ?? path.resolve(import.meta.dirname, '../../../shared/data')
const hasData = ['paretobandit', 'zeroeval'].every((set) => existsSync(path.join(root, set)))
let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'starter-'))
})

afterAll(() => rm(folder, { recursive: true, force: true }))

describe('the starter that ships', () => {
  it('loads, is small, and names what it was built from', async () => {
    expect(statSync(shippedStarterFile).size).toBeLessThan(1.5e6)
    const starter = await loadStarter()
    expect(starter.sets.map(({ name }) => name)).toEqual(['paretobandit', 'zeroeval', 'routellm'])
    expect(starter.withheld).toBeNull()
    for (const { sha256 } of starter.sets) expect(sha256).toMatch(/^[0-9a-f]{64}$/)
    const notice = await readFile(path.resolve(import.meta.dirname, '../../NOTICE'), 'utf8')
    for (const name of ['ParetoBandit', 'ZeroEval', 'RouteLLM']) expect(notice).toContain(name)
  })

  it('serves known LLMs by any of their names at once', async () => {
    const llms = ['openai/gpt-4o', 'gemini-2.5-flash', 'claude-sonnet-4', 'my-own'].map((id) => ({ id }))
    const router = createRouter({ llms, seed: 1, starter: await loadStarter() })
    const { candidates, cold } = await router.route('What is 17 * 23?')
    expect(cold).toBe(true)
    expect(candidates.map(({ qualitySource }) => qualitySource)).toEqual(['starter', 'starter', 'sibling', 'prior'])
  })

  it('holds numbers and names, no text', async () => {
    const packed = JSON.parse(gunzipSync(await readFile(shippedStarterFile)).toString()) as unknown
    const texts: string[] = []
    JSON.stringify(packed, (key, value: unknown) => {
      if (typeof value === 'object' && value !== null && '$array' in value) return undefined
      if (typeof value === 'string') texts.push(`${key}: ${value}`)
      return value
    })
    // Its own kinds and id, three sets of two texts each, and the names of LLMs.
    for (const text of texts) expect(text).toMatch(/^(kind|id|name|sha256): \S{1,64}$/)
  })

  it.skipIf(!hasData)('holds no run of characters of any prompt', async () => {
    const content = gunzipSync(await readFile(shippedStarterFile)).toString('latin1')
    for (const set of ['paretobandit', 'zeroeval']) {
      const { prompts } = await readOutcomeData(path.join(root, set))
      for (const { text } of prompts) expect(content.includes(text.slice(0, 24))).toBe(false)
    }
  })
})

describe('a starter file', () => {
  it('that is missing or damaged is named', async () => {
    const file = path.join(folder, 'broken.json.gz')
    await expect(loadStarter(file)).rejects.toThrowError(/There is no starter policy at .*broken/)
    const bytes = await readFile(shippedStarterFile)
    await writeFile(file, bytes.subarray(0, 5000))
    await expect(loadStarter(file)).rejects.toThrowError(/broken.*damaged/)
  })
})

describe.skipIf(!hasData)('building and trying a starter', () => {
  const read = async (set: string, rows: number) => {
    const data = await readOutcomeData(path.join(root, set))
    const step = Math.floor(data.prompts.length / rows)
    const picked = selectRows(
      data,
      Array.from({ length: rows }, (_, i) => i * step),
    )
    return data.llms.length > 12 ? selectLlms(picked, [4, 6, 7, 8, 10, 30, 36, 37, 40, 45]) : picked
  }

  it('gives the same bytes for the same data, and leaves out what is near the set held back', async () => {
    const held = { data: await read('paretobandit', 300), sha256: 'held' }
    const base = await read('zeroeval', 300)
    const source = { data: base, sha256: 'used' }
    const first = packStarter(await fitStarter([source], { seed: 1, withheld: held }))
    expect(packStarter(await fitStarter([source], { seed: 1, withheld: held }))).toEqual(first)
    const twin = { ...base, prompts: base.prompts.map((prompt, row) => (row < 50 ? held.data.prompts[row]! : prompt)) }
    const without = selectRows(
      base,
      base.prompts.flatMap((_, row) => (row < 50 ? [] : [row])),
    )
    const less = await fitStarter([{ data: twin, sha256: 'used' }], { seed: 1, withheld: held })
    const direct = await fitStarter([{ data: without, sha256: 'used' }], { seed: 1, withheld: held })
    expect(less.llms).toEqual(direct.llms)
  })

  it('start refuses a starter built from the set itself, and measures another', async () => {
    const [own, other] = [await read('paretobandit', 700), await read('zeroeval', 400)]
    const save = async (name: string, starter: Awaited<ReturnType<typeof fitStarter>>) => {
      const file = path.join(folder, name)
      await writeFile(file, packStarter(starter))
      return file
    }
    const foreign = await save('foreign', await fitStarter([{ data: other, sha256: 'b' }], { seed: 1 }))
    const itself = await save(
      'itself',
      await fitStarter([{ data: { ...own, name: 'renamed' }, sha256: 'a' }], { seed: 1 }),
    )
    const options = { seeds: [1, 2, 3], policies: [], dataSha256: 'a' }
    expect(() => startProtocol.plan(own, { ...options, starterFile: itself })).toThrowError(/built from renamed itself/)
    expect(() => startProtocol.plan(own, { ...options, starterFile: path.join(folder, 'none') })).toThrowError(/none/)
    const given = { ...options, starterFile: foreign }
    const cache = new WorkerCache()
    const finished = []
    for (const unit of startProtocol.plan(own, given)) {
      finished.push({ unit, output: await startProtocol.run(own, unit, cache, () => {}) })
    }
    const result = startProtocol.collect(own, finished, given)
    expect(result.results.map(({ policy }) => policy).slice(0, 2)).toEqual(['pointsman', 'cold-start'])
    expect(result.findings.map(({ id }) => id)).toContain('starter-nowhere-worse')
    expect(result.notes.join(' ')).toMatch(/not built with --without/)
    for (const { metrics } of result.results) expect(metrics.quality!.mean).toBeLessThanOrEqual(1)
    const again = await startProtocol.run(own, finished[0]!.unit, cache, () => {})
    expect(again).toEqual(finished[0]!.output)
  })
})
