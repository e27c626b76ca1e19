import type { Colours, Tone } from './colours.ts'

export interface Column {
  readonly title: string
  /** Numbers go right. Default left. */
  readonly align?: 'left' | 'right'
}

/** Text, or text with a tone. */
export type Cell = string | { readonly text: string; readonly tone: Tone }

/**
 * A table in plain lines: titles, then one line per row, two spaces between columns and none at line ends. Control
 * characters in cells, which could drive the reader's terminal, are replaced.
 *
 * @param rows each as long as `columns`; missing cells are empty.
 * @param width columns of the terminal, for tables whose last column is prose: it is broken between words where it would not fit but
 *   a legible rest of the line is left. Undefined: nothing is broken.
 * @returns without the last line end; only titles when there are no rows.
 */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  colours: Colours,
  width?: number,
): string {
  const whole: (readonly ShownCell[])[] = [
    columns.map(({ title }) => shown({ text: title, tone: 'dim' })),
    ...rows.map((row) => columns.map((_, index) => shown(row[index] ?? ''))),
  ]
  const others = columns.slice(0, -1).map((_, index) => widest(whole, index))
  const left = (width ?? Number.POSITIVE_INFINITY) - others.reduce((sum, other) => sum + other + gap.length, 0)
  const lines = left < narrowestProse ? whole : whole.flatMap((line) => broken(line, left))
  const widths = [...others, widest(lines, columns.length - 1)]
  return lines
    .map((line) =>
      line
        .map((cell, index) => pad(cell, widths[index] ?? 0, columns[index]?.align ?? 'left', colours))
        .join(gap)
        .trimEnd(),
    )
    .join('\n')
}

const gap = '  '
const narrowestProse = 16

function widest(lines: readonly (readonly ShownCell[])[], index: number): number {
  return Math.max(...lines.map((line) => line[index]?.width ?? 0))
}

/** A line, and below it what of its last cell does not fit into `width`. */
function broken(line: readonly ShownCell[], width: number): (readonly ShownCell[])[] {
  const last = line.at(-1)
  if (last === undefined || last.width <= width) return [line]
  const pieces: string[] = []
  for (const word of last.text.split(' ')) {
    const longer = `${pieces.at(-1)} ${word}`
    if (pieces.length > 0 && displayWidth(longer) <= width) pieces[pieces.length - 1] = longer
    else pieces.push(word)
  }
  const empty = shown('')
  return pieces.map((text, i) => [
    ...line.slice(0, -1).map((cell) => (i === 0 ? cell : empty)),
    shown({ text, tone: last.tone }),
  ])
}

interface ShownCell {
  readonly text: string
  readonly tone: Tone
  readonly width: number
}

function shown(cell: Cell): ShownCell {
  const { text, tone } = typeof cell === 'string' ? { text: cell, tone: 'plain' as const } : cell
  const visible = text.replaceAll(/\p{Cc}/gu, '\ufffd')
  return { text: visible, tone, width: displayWidth(visible) }
}

/** Padding stays outside the colour, so that trimming the line end finds it. */
function pad(cell: ShownCell, width: number, align: 'left' | 'right', colours: Colours): string {
  const space = ' '.repeat(width - cell.width)
  const text = cell.text === '' ? '' : colours[cell.tone](cell.text)
  return align === 'right' ? space + text : text + space
}

/** Columns a terminal gives to a text: none for marks, two for East Asian wide characters and emoji. */
export function displayWidth(text: string): number {
  let width = 0
  for (const character of text) {
    if (/\p{M}|\p{Cf}/u.test(character)) continue
    width +=
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|[\u{20000}-\u{3fffd}]/u.test(
        character,
      )
        ? 2
        : 1
  }
  return width
}
