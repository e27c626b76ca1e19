import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { evaluate } from '../../src/evaluation/runtime/evaluate.ts'
import { UnitStore } from '../../src/evaluation/runtime/unit-store.ts'
import { SeededRandom } from '../../src/routing/numeric/random-source.ts'

let folder = ''

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'evaluation-'))
})

afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
})

/** Two kinds of prompt and three LLMs: one good at each kind, and a dear one that is good at both. */
async function writeData(prompts: number): Promise<string> {
  const random = new SeededRandom(5)
  const words = ['sum', 'verb', 'cat', 'seven', 'river', 'noun', 'prime', 'root', 'poem', 'train']
  const lines: string[] = []
  const cells = ['promptId,modelId,quality,costUsd,inputTokens,outputTokens,latencyMs,responseChars']
  for (let i = 0; i < prompts; i++) {
    const kind = i % 2 === 0 ? 'mathematics' : 'language'
    const text = Array.from({ length: 12 }, () => words[Math.floor(random.next() * words.length)]).join(' ')
    lines.push(JSON.stringify({ id: `p${i}`, source: kind, prompt: `${kind} question ${i}: ${text} ${random.next()}` }))
    const right = (chance: number): number => (random.next() < chance ? 1 : 0)
    cells.push(`p${i},calculator,${right(kind === 'mathematics' ? 0.9 : 0.3)},0.0001,50,20,,`)
    cells.push(`p${i},linguist,${right(kind === 'language' ? 0.9 : 0.3)},0.0002,50,40,,`)
    cells.push(`p${i},polymath,${right(0.92)},0.002,50,60,,`)
  }
  const llm = (id: string, price: number) => ({ id, inputPricePerMTok: price, outputPricePerMTok: price })
  await writeFile(path.join(folder, 'prompts.jsonl'), lines.join('\n'))
  await writeFile(
    path.join(folder, 'models.json'),
    JSON.stringify([llm('calculator', 1), llm('linguist', 2), llm('polymath', 20)]),
  )
  await writeFile(path.join(folder, 'outcomes.csv'), cells.join('\n'))
  return folder
}

const record = { version: 'test', now: 0 }

describe('evaluate', () => {
  it('goes on after a stop with the units that are missing, and ends as if it had not been stopped', async () => {
    const dataFolder = await writeData(200)
    const options = { protocol: 'static', dataFolder, seeds: 1, policies: ['ridge', 'knn'], ...record } as const
    const whole = await evaluate({ ...options, outFolder: path.join(folder, 'whole') })

    const stop = new AbortController()
    const outFolder = path.join(folder, 'stopped')
    const stopped = evaluate({
      ...options,
      outFolder,
      workers: 1,
      signal: stop.signal,
      onProgress: ({ finished }) => finished > 0 && stop.abort(new Error('enough')),
    })
    await expect(stopped).rejects.toThrow('enough')
    const left = (await readdir(path.join(outFolder, 'units'))).filter((name) => name.endsWith('.json'))
    expect(left.length).toBeGreaterThan(0)

    const shares: number[] = []
    const resumed = await evaluate({ ...options, outFolder, onProgress: ({ share }) => shares.push(share) })
    expect(shares[0]).toBeGreaterThan(0)
    expect(resumed.results).toEqual(whole.results)
    expect(resumed.comparisons).toEqual(whole.comparisons)
  }, 120_000)

  it('names what it knows when asked for a policy it does not', async () => {
    const dataFolder = await writeData(60)
    const asked = evaluate({ protocol: 'static', dataFolder, outFolder: folder, policies: ['oracel'], ...record })
    await expect(asked).rejects.toMatchObject({
      code: 'unknown_policy',
      message: expect.stringMatching(/oracel.*ridge/),
    })
  })

  it('refuses counts that make no sense', async () => {
    const dataFolder = await writeData(60)
    for (const wrong of [{ seeds: 0 }, { seeds: 1.5 }, { workers: 0 }]) {
      const asked = evaluate({ protocol: 'static', dataFolder, outFolder: folder, ...wrong, ...record })
      await expect(asked).rejects.toMatchObject({ code: 'invalid_option' })
    }
  })
})

describe('UnitStore', () => {
  const unit = { key: 'seed-1', weight: 1, parameters: { seed: 1 } }

  it('gives back what was kept for the same fingerprint and parameters only', async () => {
    const store = new UnitStore(folder, 'code and data')
    await store.open()
    await store.save(unit, { output: { quality: 0.5 }, seconds: 2 })
    expect(await store.load(unit)).toMatchObject({ output: { quality: 0.5 }, seconds: 2 })
    expect(await store.load({ ...unit, parameters: { seed: 2 } })).toBeUndefined()
    expect(await new UnitStore(folder, 'other code').load(unit)).toBeUndefined()
  })

  it('takes a file that was cut for none', async () => {
    const store = new UnitStore(folder, 'f')
    await store.save(unit, { output: [1, 2, 3], seconds: 1 })
    const file = path.join(folder, 'seed-1.json')
    await writeFile(file, (await readFile(file, 'utf8')).slice(0, -5))
    expect(await store.load(unit)).toBeUndefined()
  })
})
