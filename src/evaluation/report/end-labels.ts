/** A label beside the end of a line: where it should stand and what it says. */
export interface EndLabel {
  readonly text: string
  readonly color: string
  readonly x: number
  readonly y: number
  /** Class of the series, so that hovering finds it. */
  readonly className: string
}

export interface PlacedLabel extends EndLabel {
  /** Where it does stand, so that no two overlap. */
  readonly placedY: number
}

/**
 * Moves labels apart vertically, keeping their order, within [top, bottom]: blocks of touching labels are centred on
 * the mean of where their labels want to be (pool adjacent violators).
 *
 * @param lineHeight least distance of two labels, pixels.
 */
export function placeLabels(
  labels: readonly EndLabel[],
  lineHeight: number,
  top: number,
  bottom: number,
): PlacedLabel[] {
  const sorted = [...labels].sort((a, b) => a.y - b.y)
  const blocks: { sum: number; count: number }[] = []
  // With the place in the order taken off, "at least a line apart" is "not decreasing".
  sorted.forEach((label, index) => {
    blocks.push({ sum: label.y - index * lineHeight, count: 1 })
    while (blocks.length > 1) {
      const last = blocks.at(-1)!
      const before = blocks.at(-2)!
      if (before.sum / before.count <= last.sum / last.count) break
      blocks.pop()
      before.sum += last.sum
      before.count += last.count
    }
  })
  const ceiling = Math.max(top, bottom - (sorted.length - 1) * lineHeight)
  const offsets = blocks.flatMap((block) => new Array<number>(block.count).fill(block.sum / block.count))
  return sorted.map((label, index) => {
    const offset = Math.min(ceiling, Math.max(top, offsets[index]!))
    return { ...label, placedY: offset + index * lineHeight }
  })
}

/** Cuts a name that is too long for its place; the whole one stands in the legend and in the title. */
export function shortName(name: string, most: number): string {
  return name.length <= most ? name : `${name.slice(0, most - 1)}…`
}
