import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { Command } from 'commander'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { addProbesCommand } from '../../src/cli/commands/probes.ts'
import { noColours } from '../../src/cli/terminal/colours.ts'
import { readProbeSet } from '../../src/probing/read-probe-set.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'pointsman-probes-'))
})

afterEach(() => rm(folder, { recursive: true, force: true }))

const line = { id: 'p1', task: 'sums', prompt: 'What is 2 + 2?', grader: { kind: 'number', answer: 4 } }

async function write(name: string, ...lines: unknown[]): Promise<string> {
  const file = path.join(folder, name)
  await mkdir(path.dirname(file), { recursive: true })
  await writeFile(file, lines.map((value) => (typeof value === 'string' ? value : JSON.stringify(value))).join('\n'))
  return folder
}

describe('reading', () => {
  test('messages, tools, limits and anchors', async () => {
    const tools = [{ type: 'function', function: { name: 'add', parameters: {} } }]
    await write(
      'probes.jsonl',
      { ...line, system: 'Be brief.', max_output_tokens: 50, template: 'plus', reference: '4' },
      '',
      {
        id: 'p2',
        task: 'tools',
        messages: [{ role: 'user', content: 'Add.' }],
        tools,
        grader: { kind: 'tool_call', name: 'add' },
      },
    )
    await write('models.json', '[{"id":"a"},{"id":"b"}]')
    await write('outcomes.csv', 'promptId,modelId,quality', 'p1,a,1', 'p1,b,0.5', 'p2,b,0')
    const set = await readProbeSet(folder)
    expect(set.probes[0]).toEqual({
      id: 'p1',
      task: 'sums',
      template: 'plus',
      request: {
        messages: [
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content: line.prompt },
        ],
        max_tokens: 50,
      },
      grader: { kind: 'number', answer: 4, absolute: 0, relative: 1e-6 },
      reference: '4',
    })
    expect(set.probes[1]!.request).toEqual({ messages: [{ role: 'user', content: 'Add.' }], tools })
    expect(set.anchors.llms).toEqual(['a', 'b'])
    expect([...set.anchors.quality]).toEqual([1, 0.5, Number.NaN, 0])
  })

  test('the id says what is asked and how it is graded, not in which file, nor what was recorded', async () => {
    await write('probes.jsonl', line, { ...line, id: 'p2' })
    const { id } = await readProbeSet(folder)
    await rm(path.join(folder, 'probes.jsonl'))
    await writeFile(path.join(folder, 'b.jsonl.gz'), gzipSync(JSON.stringify(line)))
    await write('a.jsonl', { ...line, id: 'p2', template: 'x', reference: '4' })
    await write('models.json', '[{"id":"a"}]')
    await write('outcomes.csv', 'promptId,modelId,quality', 'p1,a,1')
    expect((await readProbeSet(folder)).id).toBe(id)
    await write('a.jsonl', { ...line, id: 'p2', grader: { kind: 'number', answer: 5 } })
    expect((await readProbeSet(folder)).id).not.toBe(id)
  })

  test('tasks come in turn, so that a run that ends early has asked of all', async () => {
    const of = (id: string, task: string) => ({ ...line, id, task })
    await write(
      'probes.jsonl',
      of('a1', 'a'),
      of('a2', 'a'),
      of('a3', 'a'),
      of('b1', 'b'),
      of('c1', 'c'),
      of('c2', 'c'),
    )
    const { probes } = await readProbeSet(folder)
    expect(probes.map(({ id }) => id)).toEqual(['a1', 'b1', 'c1', 'a2', 'c2', 'a3'])
  })

  test('a long document is made from its seed', async () => {
    const document = { seed: 3, words: 300, facts: [{ at: 0.5, text: 'The key is number 12.' }] }
    await write('probes.jsonl', { ...line, document })
    const text = String((await readProbeSet(folder)).probes[0]!.request.messages[0]!.content)
    expect(text.split('The key is number 12.')).toHaveLength(2)
    expect(text.endsWith(`\n\n${line.prompt}`)).toBe(true)
    expect(text.split(/\s+/).length).toBeGreaterThan(300)
  })

  const faults: [string, unknown[], RegExp][] = [
    ['no JSON', [line, '{"id"'], /^probes\.jsonl, line 2: is not JSON/],
    ['a field missing', [{ ...line, task: undefined }], /^probes\.jsonl, line 1, field 'task': /],
    ['a field nobody knows', [{ ...line, taks: 'x' }], /^probes\.jsonl, line 1: .*taks/],
    ['no prompt', [{ ...line, prompt: undefined }], /^probes\.jsonl, line 1, field 'prompt': is missing/],
    [
      'prompt and messages',
      [{ ...line, messages: [{ role: 'user', content: 'x' }] }],
      /field 'prompt': cannot stand beside messages/,
    ],
    [
      'a role nobody knows',
      [{ ...line, prompt: undefined, messages: [{ role: 'owner' }] }],
      /field 'messages\[0\]\.role'/,
    ],
    ['a grader nobody knows', [{ ...line, grader: { kind: 'vibes' } }], /field 'grader\.kind': kind is one of exact/],
    ['a grader without its answer', [{ ...line, grader: { kind: 'number' } }], /field 'grader\.answer'/],
    ['no grader', [{ ...line, grader: undefined }], /line 1, field 'grader'/],
    ['too high a cap', [{ ...line, max_output_tokens: 1e9 }], /field 'max_output_tokens'/],
    ['an id twice', [line, line], /the probe 'p1' is in probes\.jsonl too/],
    ['no probes', [''], /there is no probe in it/],
    [
      'a database that is not there',
      [{ ...line, grader: { kind: 'sql', database: 'no.sql', query: 'SELECT 1' } }],
      /no\.sql, field 'grader\.database'/,
    ],
  ]
  test.each(faults)('%s is told with file, line and field', async (_, lines, message) => {
    await write('probes.jsonl', ...lines)
    await expect(readProbeSet(folder)).rejects.toThrow(message)
  })

  test('a database outside the folder is refused, by path and by link', async () => {
    const outside = path.join(folder, 'outside.sql')
    await writeFile(outside, 'CREATE TABLE t (x)')
    const set = path.join(folder, 'set')
    const sql = (database: string) => ({ ...line, grader: { kind: 'sql', database, query: 'SELECT 1' } })
    await write('set/probes.jsonl', sql('../outside.sql'))
    await expect(readProbeSet(set)).rejects.toThrow('must be inside the folder')
    await symlink(outside, path.join(set, 'link.sql'))
    await write('set/probes.jsonl', sql('link.sql'))
    await expect(readProbeSet(set)).rejects.toThrow('must be inside the folder')
  })

  test('outcome data are told from probes, and half of recorded outcomes is none', async () => {
    await write('prompts.jsonl', { id: 'p1', prompt: 'x' })
    await expect(readProbeSet(folder)).rejects.toThrow('pointsman probes build')
    await rm(path.join(folder, 'prompts.jsonl'))
    await expect(readProbeSet(folder)).rejects.toThrow('the folder has none')
    await write('probes.jsonl', line)
    await write('models.json', '[{"id":"a"}]')
    await expect(readProbeSet(folder)).rejects.toThrow('recorded outcomes take both')
    await expect(readProbeSet(path.join(folder, 'nowhere'))).rejects.toThrow('no such folder')
  })
})

describe('commands', () => {
  let told: string[]

  async function run(...argv: string[]): Promise<void> {
    told = []
    const terminal = {
      out: (text: string) => told.push(text),
      note: (text: string) => told.push(text),
      colours: noColours,
    }
    const program = new Command().exitOverride().configureOutput({ writeErr: () => {} })
    addProbesCommand(program, { folder, terminal })
    await program.parseAsync(argv, { from: 'user' })
  }

  const sums = Array.from({ length: 60 }, (_, i) => ({
    id: `s${i}`,
    source: i % 3 === 0 ? 'sums' : 'words',
    prompt: i % 3 === 0 ? `What is ${i} + ${i * 7}?` : `Spell the word number ${i} of list ${i * i} backwards, please.`,
    gold: String(i * 8),
    ...(i === 7 ? { truncated: true } : {}),
  }))

  async function writeData(): Promise<void> {
    await write('data/prompts.jsonl', ...sums)
    await write(
      'data/models.json',
      '[{"id":"a","inputPricePerMTok":1,"outputPricePerMTok":2},{"id":"b, large"},{"id":"never"}]',
    )
    const rows = sums.flatMap(({ id }, i) => [`${id},a,${i % 2},0.001`, `${id},"b, large",${i % 5 === 0 ? 0 : 1},`])
    await write('data/outcomes.csv', 'promptId,modelId,quality,costUsd', ...rows)
  }

  test('build chooses, writes, and what it wrote can be read', async () => {
    await writeData()
    await write('graders.json', {
      default: { kind: 'text', answers: ['{{gold}}'] },
      by_source: { sums: { kind: 'number', answer: '{{gold}}' } },
    })
    await run('probes', 'build', '--data', 'data', '--out', 'set', '--count', '12', '--grader', 'graders.json')
    const set = await readProbeSet(path.join(folder, 'set'))
    expect(set.probes).toHaveLength(12)
    expect(set.anchors.llms).toEqual(['a', 'b, large'])
    expect(set.anchors.quality.every((value) => value === 0 || value === 1)).toBe(true)
    expect(set.probes.some(({ id }) => id === 's7')).toBe(false)
    for (const { id, task, grader } of set.probes) {
      const gold = Number(id.slice(1)) * 8
      expect(grader).toMatchObject(
        task === 'sums' ? { kind: 'number', answer: gold } : { kind: 'text', answers: [String(gold)] },
      )
    }
    expect(told.join('\n')).toContain('12 probes of')
    expect(told.join('\n')).toContain('1 prompt could not be chosen')
    await expect(run('probes', 'build', '--data', 'data', '--out', 'set', '--grader', 'judge')).rejects.toThrow(
      'is not empty',
    )
  })

  test('build without graders says what to do, and writes nothing', async () => {
    await writeData()
    await expect(run('probes', 'build', '--data', 'data', '--out', 'set')).rejects.toThrow(
      /60 prompts \(of sums, words\).*--grader judge/,
    )
    await expect(readProbeSet(path.join(folder, 'set'))).rejects.toThrow('no such folder')
  })

  test('check counts, and fails for near-duplicates and references that fail', async () => {
    await write('probes.jsonl', { ...line, reference: '5' }, { ...line, id: 'p2' })
    await expect(run('probes', 'check', '.')).rejects.toThrow('The set has 2 faults.')
    expect(told.join('\n')).toContain('nearly the same: p1, p2')
    expect(told.join('\n')).toContain('the reference of p1 fails its grader')
    await write('probes.jsonl', { ...line, reference: '4' })
    await run('probes', 'check', '.')
    expect(told.join('\n')).toContain('No fault found.')
  })
})
