import { describe, expect, it } from 'vitest'
import { toJudgeSettings } from './grading-schema.ts'
import { configFileSchema } from './schema.ts'
import { toPointsmanConfig } from './to-pointsman-config.ts'

function load(file: object) {
  const parsed = configFileSchema.safeParse(file)
  if (!parsed.success)
    return { faults: parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) }
  const origin = { kind: 'default' } as const
  const around = { file: undefined, folder: '/', environment: {}, originOf: () => origin as never }
  return { config: toPointsmanConfig(parsed.data, around).config }
}

const providers = { try: { kind: 'simulated' } }
const llms = [
  { id: 'a', provider: 'try' },
  { id: 'b', provider: 'try', efforts: ['low', 'high'] },
]

describe('grading and judge', () => {
  it('runs nothing and judges nothing by default', () => {
    const { config } = load({})
    expect(config?.grading).toEqual({ code: 'off', commands: false })
    expect(config?.judge).toBeUndefined()
    expect(config?.notices).toEqual([])
  })

  it('says at every start that unprotected code has no boundary', () => {
    expect(load({ grading: { code: 'namespace' } }).config?.notices).toEqual([])
    expect(load({ grading: { code: 'unprotected' } }).config?.notices).toEqual([
      expect.stringContaining('no security boundary'),
    ])
  })

  it('fills in what a judge does not say', () => {
    expect(load({ providers, llms, judge: { llm: 'a' } }).config?.judge).toEqual({
      llm: 'a',
      share: 0,
      dailyCapUsd: 1,
      rubric: undefined,
      sources: ['routed', 'named'],
    })
    expect(toJudgeSettings(undefined)).toBeUndefined()
  })

  it.each([
    [{ judge: { llm: 'c' } }, "judge.llm: 'c' is no LLM of llms"],
    [{ judge: { llm: 'b' } }, "judge.llm: 'b' is no LLM of llms"],
    [{ judge: { llm: 'a', share: 2 } }, 'judge.share: '],
    [{ judge: { llm: 'a', sources: [] } }, 'judge.sources: '],
    [{ judge: {} }, 'judge.llm: '],
    [{ grading: { code: 'docker' } }, 'grading.code: '],
  ])('refuses %j', (file, fault) => {
    expect(load({ providers, llms, ...file }).faults).toEqual([expect.stringContaining(fault)])
  })

  it('takes an effort of an LLM for a judge', () => {
    expect(load({ providers, llms, judge: { llm: 'b@high' } }).faults).toBeUndefined()
  })
})
