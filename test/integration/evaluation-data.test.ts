import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { describeData, type PreparedData, prepareData, trainTestRows } from '../../src/evaluation/evaluation-data.ts'
import { EvaluationError } from '../../src/evaluation/evaluation-error.ts'
import { OutcomeDataError } from '../../src/outcomes/outcome-data-error.ts'
import { readOutcomeData } from '../../src/outcomes/read-outcome-data.ts'

/** A folder as a user would hand it in, read and prepared as `pointsman evaluate` does. */
let folder = ''

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evaluation-data-'))
})

afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
})

interface Files {
  readonly prompts?: string | Uint8Array
  readonly llms?: string | Uint8Array
  readonly outcomes?: string | Uint8Array
}

const promptIds = Array.from({ length: 60 }, (_, i) => `p${i}`)

/** Prompts that have nothing in common. */
const promptLines = promptIds.map((id, i) =>
  JSON.stringify({ id, prompt: `${'abcdefghij'[i % 10]!.repeat(4 + (i % 7))}${i * 7919} ${i * 104_729}?` }),
)

const header = 'promptId,modelId,quality,costUsd'
const outcomeLines = promptIds.flatMap((id, i) => [`${id},small,${i % 2},0.001`, `${id},large,1,0.02`])
const llmList = '[{"id": "small"}, {"id": "large"}]'

async function prepare(files: Files, needs = { cost: true, complete: true }): Promise<PreparedData> {
  await writeFile(join(folder, 'prompts.jsonl'), files.prompts ?? promptLines.join('\n'))
  await writeFile(join(folder, 'models.json'), files.llms ?? llmList)
  await writeFile(join(folder, 'outcomes.csv'), files.outcomes ?? [header, ...outcomeLines].join('\n'))
  return prepareData(await readOutcomeData(folder), needs)
}

async function failure(files: Files): Promise<OutcomeDataError | EvaluationError> {
  const error = await prepare(files).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (error instanceof OutcomeDataError || error instanceof EvaluationError) return error
  throw new Error(`expected an OutcomeDataError or EvaluationError, got ${String(error)}`)
}

/** The outcomes with one line put in place of the third, which is line 4 of the file. */
function withLine(line: string): string {
  return [header, ...outcomeLines.slice(0, 2), line, ...outcomeLines.slice(3)].join('\n')
}

describe('data that cannot be read', () => {
  const faults: readonly (readonly [string, Files, string])[] = [
    [
      'a missing column',
      { outcomes: 'promptId,quality\np0,1' },
      "outcomes.csv, line 1, field 'modelId': no such column",
    ],
    ['one column', { outcomes: 'promptId\np0' }, "outcomes.csv, line 1, field 'modelId': no such column"],
    ['a header alone', { outcomes: header }, 'outcomes.csv: there is no outcome with a known quality'],
    ['nothing at all', { outcomes: '' }, 'outcomes.csv: there is no outcome with a known quality'],
    ['NaN', { outcomes: withLine('p1,small,NaN,0.1') }, "outcomes.csv, line 4, field 'quality': 'NaN' is not a finite"],
    ['Infinity', { outcomes: withLine('p1,small,1,Infinity') }, "outcomes.csv, line 4, field 'costUsd': 'Infinity'"],
    ['−Infinity', { outcomes: withLine('p1,small,1,-Infinity') }, "outcomes.csv, line 4, field 'costUsd'"],
    ['quality below 0', { outcomes: withLine('p1,small,-0.1,0.1') }, "line 4, field 'quality': -0.1 is negative"],
    ['quality in per cent', { outcomes: withLine('p1,small,80,0.1') }, "line 4, field 'quality': 80 is above 1"],
    ['a pair twice', { outcomes: withLine('p0,small,1,0.1') }, 'outcomes.csv, line 4: this prompt and LLM already'],
    ['an unknown prompt', { outcomes: withLine('p99,small,1,0.1') }, "line 4, field 'promptId': 'p99' is not in the"],
    [
      'an unknown LLM',
      { outcomes: withLine('p1,tiny,1,0.1') },
      "line 4, field 'modelId': 'tiny' is not in models.json",
    ],
    ['a decimal comma', { outcomes: withLine('p1,small,0,5,0.1') }, 'outcomes.csv, line 4: has 5 fields'],
    ['no prompts', { prompts: '' }, 'prompts.jsonl: there is no prompt in it'],
    ['a prompt twice', { prompts: [...promptLines, promptLines[0]].join('\n') }, "prompts.jsonl, line 61, field 'id'"],
    ['no LLMs', { llms: '[]' }, 'models.json: there is no LLM in it'],
    [
      'Latin-1',
      { prompts: Buffer.from('{"id":"p0","prompt":"caf\u00e9"}', 'latin1') },
      'prompts.jsonl, line 1: is not valid',
    ],
    ['UTF-16', { outcomes: Buffer.from(`\uFEFF${header}\n`, 'utf16le') }, 'outcomes.csv, line 1: is not valid UTF-8'],
    ['Latin-1 LLMs', { llms: Buffer.from('[{"id":"\u00e9"}]', 'latin1') }, 'models.json: is not valid UTF-8'],
    [
      'a field without end',
      { outcomes: `${header}\np0,"${'x'.repeat(70_000_000)}` },
      'outcomes.csv, line 2: is longer than',
    ],
  ]
  it.each(faults)('names the place of %s', async (_, files, message) => {
    const error = await failure(files)
    expect(error).toBeInstanceOf(OutcomeDataError)
    expect(error.message).toContain(message)
  })
})

describe('data that do not fit an evaluation', () => {
  const one = outcomeLines.filter((line) => line.includes('small'))
  const faults: readonly (readonly [string, Files, string])[] = [
    ['one LLM', { llms: '[{"id": "small"}]', outcomes: [header, ...one].join('\n') }, 'two LLMs'],
    ['an LLM without outcomes', { outcomes: [header, ...one].join('\n') }, 'there is small. Left out'],
    [
      'one prompt',
      { prompts: promptLines[0]!, outcomes: [header, ...outcomeLines.slice(0, 2)].join('\n') },
      'at least 50 different prompts with outcomes are needed, there are 1',
    ],
    [
      'no costs',
      { outcomes: ['promptId,modelId,quality', ...outcomeLines.map((line) => line.replace(/,[^,]*$/, ''))].join('\n') },
      'known quality and cost',
    ],
    [
      'costs of 0',
      { outcomes: [header, ...outcomeLines.map((line) => line.replace(/[^,]*$/, '0'))].join('\n') },
      'costUsd is 0',
    ],
    [
      'the same prompt again and again',
      { prompts: promptIds.map((id) => `{"id":"${id}","prompt":"Again?"}`).join('\n') },
      'there are 1',
    ],
  ]
  it.each(faults)('says what is missing: %s', async (_, files, message) => {
    const error = await failure(files)
    expect(error).toMatchObject({ code: 'unfit_data' })
    expect(error.message).toContain(message)
  })

  it('takes a byte-order mark, CRLF, a huge prompt and empty cells as they are', async () => {
    const prompts = [JSON.stringify({ id: 'long', prompt: 'x '.repeat(2_000_000) }), ...promptLines]
    const lines = ['long,small,,', 'long,large,1,0.02', ...outcomeLines]
    const prepared = await prepare({
      prompts: `\uFEFF${prompts.join('\r\n')}\r\n`,
      outcomes: `\uFEFF${[header, ...lines].join('\r\n')}\r\n`,
    })
    // `small` lacks the cell of the long prompt, which goes rather than the LLM.
    expect(describeData(prepared.data)).toMatchObject({ prompts: 60, llms: 2, outcomes: 120 })
    const { train, test } = trainTestRows(prepared, 1)
    expect(train.length + test.length).toBe(60)
  })
})

const sharedData = resolve(process.env.POINTSMAN_DATA ?? '../shared/data')

/** LLMs with and without known costs, prompts left, groups of nearly equal ones, and the own split as near duplicates leave it. */
const sharedSets: readonly (readonly [
  string,
  number,
  number,
  number,
  number,
  readonly [number, number] | undefined,
])[] = [
  ['alpaca-eval-2', 54, 55, 797, 796, undefined],
  ['bfcl-2024-08', 57, 71, 1_460, 1_205, undefined],
  ['paretobandit', 4, 4, 3_559, 3_536, [1_752, 1_793]],
  ['routellm', 2, 2, 15_336, 14_810, undefined],
  ['routerbench-0shot', 11, 11, 3_150, 2_851, [2_071, 945]],
  ['zeroeval', 27, 28, 2_825, 2_797, undefined],
]

describe.skipIf(!existsSync(sharedData))('shared sets prepared (skipped where POINTSMAN_DATA is absent)', () => {
  it.each(sharedSets)('%s', async (name, priced, all, prompts, groups, split) => {
    const data = await readOutcomeData(join(sharedData, name))
    expect(prepareData(data, { cost: true, complete: true }).data.llms.length).toBe(priced)
    const prepared = prepareData(data, { cost: false, complete: true })
    expect(prepared.data.llms.length).toBe(all)
    expect(prepared.data.prompts.length).toBe(prompts)
    expect(prepared.groups.count).toBe(groups)
    const { train, test } = trainTestRows(prepared, 1)
    if (split !== undefined) expect([train.length, test.length]).toEqual(split)
    const groupsOfTest = new Set(test.map((row) => prepared.groups.groupOf[row]))
    expect(train.filter((row) => groupsOfTest.has(prepared.groups.groupOf[row]))).toEqual([])
  })
})
