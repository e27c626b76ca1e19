import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { outcomeMeasures } from '../../src/outcomes/outcome-data.ts'
import { OutcomeDataError } from '../../src/outcomes/outcome-data-error.ts'
import { readOutcomeData } from '../../src/outcomes/read-outcome-data.ts'
import { splitNames } from '../../src/outcomes/split.ts'

let folder = ''

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'outcomes-'))
})

afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
})

const prompts = [
  '{"id": "p1", "source": "sums", "prompt": "1 + 1?", "split": "train", "level": 3}',
  '{"id": "p2", "source": "sums", "prompt": "2 + 2?", "split": "test"}',
].join('\n')

const llms = JSON.stringify([
  { id: 'small', inputPricePerMTok: 0.1, outputPricePerMTok: 0.4, params: '8B' },
  { id: 'large', inputPricePerMTok: null, outputPricePerMTok: 10 },
])

const outcomes = [
  'promptId,modelId,quality,costUsd,inputTokens,outputTokens,latencyMs,responseChars',
  'p1,small,1,0.5,10,20,300,80',
  'p1,large,0.25,,,,,',
  'p2,large,0,0,1,2,3,4',
].join('\n')

interface Files {
  readonly prompts?: string
  readonly llms?: string
  readonly outcomes?: string
}

async function write(files: Files = {}): Promise<void> {
  await writeFile(join(folder, 'prompts.jsonl'), files.prompts ?? prompts)
  await writeFile(join(folder, 'models.json'), files.llms ?? llms)
  await writeFile(join(folder, 'outcomes.csv'), files.outcomes ?? outcomes)
}

async function failure(): Promise<OutcomeDataError> {
  const error = await readOutcomeData(folder).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof OutcomeDataError)) throw new Error(`expected an OutcomeDataError, got ${String(error)}`)
  return error
}

describe('readOutcomeData', () => {
  it('reads prompts, LLMs and cells, and leaves unknown cells unknown', async () => {
    await write()
    const data = await readOutcomeData(folder)
    expect(data.prompts.map((prompt) => [prompt.id, prompt.source, prompt.text, prompt.split])).toEqual([
      ['p1', 'sums', '1 + 1?', 'train'],
      ['p2', 'sums', '2 + 2?', 'test'],
    ])
    expect(data.prompts[0]?.extra).toEqual({ level: 3 })
    expect(data.llms[0]?.price).toEqual({ inputPerMillionTokensUsd: 0.1, outputPerMillionTokensUsd: 0.4 })
    expect(data.llms[0]?.extra).toEqual({ params: '8B' })
    expect(data.llms[1]?.price).toBeUndefined()
    expect([...data.quality]).toEqual([1, 0.25, Number.NaN, 0])
    expect([...data.costUsd]).toEqual([0.5, Number.NaN, Number.NaN, 0])
    expect([...data.outputTokens]).toEqual([20, Number.NaN, Number.NaN, 2])
    expect([...data.latencyMs]).toEqual([300, Number.NaN, Number.NaN, 3])
  })

  it('reads packed files, columns in another order, quoted fields, CRLF and a byte-order mark', async () => {
    await writeFile(join(folder, 'prompts.jsonl.gz'), gzipSync(`\uFEFF${prompts.replaceAll('\n', '\r\n')}\r\n`))
    await writeFile(join(folder, 'models.json'), JSON.stringify([{ id: 'a "b", c' }]))
    const rows = ['note,quality,modelId,promptId', '"two\nlines",0.5,"a ""b"", c",p1', '"",1,"a ""b"", c","p2"', '']
    await writeFile(join(folder, 'outcomes.csv.gz'), gzipSync(rows.join('\r\n')))
    const data = await readOutcomeData(folder)
    expect(data.prompts.map((prompt) => prompt.id)).toEqual(['p1', 'p2'])
    expect([...data.quality]).toEqual([0.5, 1])
    expect(data.costUsd.every(Number.isNaN)).toBe(true)
  })

  it('decodes characters cut by a chunk border', async () => {
    const text = 'é€😀'.repeat(60_000)
    await write({ prompts: `${JSON.stringify({ id: 'p1', prompt: text })}\n{"id": "p2", "prompt": "x"}` })
    const data = await readOutcomeData(folder)
    expect(data.prompts[0]?.text).toBe(text)
  })

  const header = 'promptId,modelId,quality,costUsd'
  const faults: readonly (readonly [string, Files, Partial<OutcomeDataError>])[] = [
    ['bad JSON', { prompts: `${prompts}\n{"id": ` }, { code: 'bad_json', file: 'prompts.jsonl', line: 3 }],
    ['a line that is no object', { prompts: '[1]' }, { code: 'bad_json', line: 1 }],
    ['a prompt without text', { prompts: '{"id": "p1"}' }, { code: 'missing_field', line: 1, field: 'prompt' }],
    ['a numeric id', { prompts: '{"id": 1, "prompt": "x"}' }, { code: 'bad_value', line: 1, field: 'id' }],
    ['a prompt twice', { prompts: `${prompts}\n\n${prompts}` }, { code: 'duplicate', line: 4, field: 'id' }],
    ['no prompts', { prompts: '\n' }, { code: 'empty', file: 'prompts.jsonl' }],
    ['LLMs that are not JSON', { llms: '[' }, { code: 'bad_json', file: 'models.json' }],
    ['LLMs that are no array', { llms: '{}' }, { code: 'bad_json', file: 'models.json' }],
    ['an LLM without id', { llms: '[{}]' }, { code: 'missing_field', field: 'id' }],
    ['an LLM twice', { llms: '[{"id": "a"}, {"id": "a"}]' }, { code: 'duplicate', field: 'id' }],
    ['no LLMs', { llms: '[]' }, { code: 'empty', file: 'models.json' }],
    [
      'a negative price',
      { llms: '[{"id": "a", "inputPricePerMTok": -1}]' },
      { code: 'bad_value', field: 'inputPricePerMTok' },
    ],
    ['no quality column', { outcomes: 'promptId,modelId\n' }, { code: 'missing_field', line: 1, field: 'quality' }],
    ['a column twice', { outcomes: 'promptId,modelId,quality,quality' }, { code: 'duplicate', field: 'quality' }],
    ['an unknown prompt', { outcomes: `${header}\np9,small,1,` }, { code: 'unknown_prompt', line: 2 }],
    ['an unknown LLM', { outcomes: `${header}\np1,tiny,1,` }, { code: 'unknown_llm', line: 2, field: 'modelId' }],
    ['a row twice', { outcomes: `${header}\np1,small,1,\np1,small,1,` }, { code: 'duplicate', line: 3 }],
    ['quality above 1', { outcomes: `${header}\np1,small,1.1,` }, { code: 'bad_value', line: 2, field: 'quality' }],
    ['quality in words', { outcomes: `${header}\np1,small,good,` }, { code: 'bad_value', field: 'quality' }],
    ['an infinite cost', { outcomes: `${header}\np1,small,1,Infinity` }, { code: 'bad_value', field: 'costUsd' }],
    ['a negative cost', { outcomes: `${header}\np1,small,1,-1e-9` }, { code: 'bad_value', field: 'costUsd' }],
    ['too few fields', { outcomes: `${header}\np1,small,1` }, { code: 'bad_csv', line: 2 }],
    ['an open quote', { outcomes: `${header}\np1,small,"1,\n` }, { code: 'bad_csv', line: 2 }],
    ['a stray quote', { outcomes: `${header}\np1,sm"al"l,1,` }, { code: 'bad_csv', line: 2 }],
    ['only unknown quality', { outcomes: `${header}\np1,small,,` }, { code: 'empty', file: 'outcomes.csv' }],
    ['an empty file', { outcomes: '' }, { code: 'empty', file: 'outcomes.csv' }],
  ]
  it.each(faults)('names the place of %s', async (_, files, expected) => {
    await write(files)
    expect(await failure()).toMatchObject(expected)
  })

  it('tells a folder from a file and a missing file from an empty one', async () => {
    await write()
    await expect(readOutcomeData(join(folder, 'nowhere'))).rejects.toMatchObject({ code: 'not_a_folder' })
    await expect(readOutcomeData(join(folder, 'models.json'))).rejects.toMatchObject({ code: 'not_a_folder' })
    await rm(join(folder, 'outcomes.csv'))
    expect(await failure()).toMatchObject({ code: 'missing_file', file: 'outcomes.csv' })
  })

  it('refuses packed data that ends early or is no gzip', async () => {
    await write()
    await rm(join(folder, 'outcomes.csv'))
    const packed = gzipSync(outcomes)
    await writeFile(join(folder, 'outcomes.csv.gz'), packed.subarray(0, packed.length - 12))
    expect(await failure()).toMatchObject({ code: 'bad_gzip', file: 'outcomes.csv.gz' })
    await writeFile(join(folder, 'outcomes.csv.gz'), outcomes)
    expect(await failure()).toMatchObject({ code: 'bad_gzip' })
  })
})

const sharedData = resolve(process.env.POINTSMAN_DATA ?? '../shared/data')

/** Prompts, LLMs and outcomes as the sets' own README files count them, and the splits they bring. */
const sharedSets: readonly (readonly [string, number, number, number, readonly string[]])[] = [
  ['alpaca-eval-2', 805, 55, 44_265, []],
  ['bfcl-2024-08', 1_460, 71, 103_660, []],
  ['paretobandit', 3_559, 4, 14_236, ['val', 'test']],
  ['routellm', 15_441, 2, 30_882, []],
  ['routerbench-0shot', 3_150, 11, 34_650, ['train', 'test']],
  ['zeroeval', 2_840, 52, 121_264, []],
]

describe.skipIf(!existsSync(sharedData))('shared outcome data (skipped where POINTSMAN_DATA is absent)', () => {
  it.each(sharedSets)('loads %s', async (name, promptCount, llmCount, outcomeCount, splits) => {
    const data = await readOutcomeData(join(sharedData, name))
    expect(data.name).toBe(name)
    expect(data.prompts.length).toBe(promptCount)
    expect(data.llms.length).toBe(llmCount)
    expect(data.quality.filter((cell) => !Number.isNaN(cell)).length).toBe(outcomeCount)
    expect(splitNames(data).sort()).toEqual([...splits].sort())
    for (const measure of outcomeMeasures) expect(data[measure].length).toBe(promptCount * llmCount)
  })
})
