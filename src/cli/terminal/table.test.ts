import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { noColours, terminalColours } from './colours.ts'
import { displayWidth, renderTable } from './table.ts'

const columns = [{ title: 'llm' }, { title: 'cost', align: 'right' }, { title: 'note' }] as const

describe('renderTable', () => {
  test('aligns columns and leaves no space at line ends', () => {
    const rows = [
      ['gpt-4o', '0.01', ''],
      ['日本', '12.5', 'dear'],
    ]
    expect(renderTable(columns, rows, noColours)).toBe(
      ['llm     cost  note', 'gpt-4o  0.01', '日本    12.5  dear'].join('\n'),
    )
  })

  test('shows titles alone when there are no rows, and empty cells where a row is short', () => {
    expect(renderTable(columns, [], noColours)).toBe('llm  cost  note')
    expect(renderTable(columns, [['a']], noColours)).toBe('llm  cost  note\na')
  })

  test('colours the text but not its padding', () => {
    const colours = terminalColours(true, {})
    const [, line] = renderTable(
      [{ title: 'name' }, { title: 'b' }],
      [[{ text: 'x', tone: 'bad' }, 'y']],
      colours,
    ).split('\n')
    expect(line).toBe('\u001b[31mx\u001b[39m     y')
  })

  test('lets no control character through', () => {
    expect(renderTable([{ title: 'a' }], [['\u001b[2Jx\r\n']], noColours)).toBe('a\n\ufffd[2Jx\ufffd\ufffd')
  })

  test('breaks prose in the last column between words where it would not fit, and leaves a narrow rest alone', () => {
    const prose = [{ title: 'n', align: 'right' }, { title: 'why' }] as const
    const rows = [
      ['1', 'it was shown to be better than the other'],
      ['20', 'short'],
    ]
    expect(renderTable(prose, rows, noColours, 24)).toBe(
      [' n  why', ' 1  it was shown to be', '    better than the', '    other', '20  short'].join('\n'),
    )
    const whole = renderTable(prose, rows, noColours)
    expect(renderTable(prose, rows, noColours, 44)).toBe(whole)
    expect(renderTable(prose, rows, noColours, 19)).toBe(whole)
  })

  test('puts a column at the same place in every line', () => {
    const cell = fc.stringMatching(/^[a-z]{0,8}$/)
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell), { minLength: 1 }), (rows) => {
        const marked = rows.map(([first, second]) => [first, `|${second}`])
        const lines = renderTable([{ title: 'a' }, { title: '|b' }], marked, noColours).split('\n')
        expect(new Set(lines.map((line) => line.indexOf('|'))).size).toBe(1)
      }),
    )
  })
})

test.each([
  ['abc', 3],
  ['é', 1],
  ['e\u0301', 1],
  ['漢字', 4],
  ['🚀', 2],
  ['✓', 1],
  ['', 0],
])('displayWidth of %j is %d', (text, width) => {
  expect(displayWidth(text)).toBe(width)
})

test.each([
  [true, {}, true],
  [false, {}, false],
  [true, { NO_COLOR: '1' }, false],
  [true, { NO_COLOR: '' }, true],
  [true, { TERM: 'dumb' }, false],
  [false, { FORCE_COLOR: '1' }, true],
  [false, { FORCE_COLOR: '0' }, false],
  [false, { FORCE_COLOR: '1', NO_COLOR: '1' }, false],
])('on a terminal: %j, with %j, colours are on: %j', (isTerminal, environment, on) => {
  expect(terminalColours(isTerminal, environment).bad('x') !== 'x').toBe(on)
})
