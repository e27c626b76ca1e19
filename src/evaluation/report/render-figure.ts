import type { Comparison, EvaluationResult, Figure } from '../evaluation-result.ts'
import { drawBars } from './bars-chart.ts'
import { type Chart, drawCurves } from './curves-chart.ts'
import { Html, html, htmlWithNames } from './html.ts'
import { metricDescription } from './metric-descriptions.ts'
import type { SeriesStyle } from './series-style.ts'
import { formatSetting, settingKey } from './setting-groups.ts'
import { comparisonsOf, mainComparisons } from './summary-comparisons.ts'

/** A figure with its caption, legend and remarks. @param anchor the element's id, unique in the page. */
export function renderFigure(figure: Figure, anchor: string): Html {
  const chart = drawFigure(figure)
  const label = `${figure.title}. ${figure.caption}`
  const picture =
    chart.svg === undefined
      ? html`<p class="empty">There is nothing to draw here: no finite values.</p>`
      : html`<div class="scroll" tabindex="0" role="region" aria-label="${`Chart: ${figure.title}`}">${new Html(
          chart.svg.replace('<svg ', html`<svg role="img" aria-label="${label}" `.text),
        )}</div>`
  return html`<figure class="chart-figure" id="${anchor}">
<h3>${figure.title}</h3>
<p class="caption">${htmlWithNames(figure.caption)}</p>
${picture}
${chart.svg === undefined || chart.namesItself ? undefined : legend(chart)}
${chart.remarks.map((remark) => html`<p class="remark">${remark}</p>`)}
</figure>
`
}

/** Differences of the subject to the others, one figure per setting, in the metric that judges it best. */
export function differenceFigures(result: EvaluationResult, subject: string | undefined): Figure[] {
  if (subject === undefined) return []
  const entries = mainComparisons(comparisonsOf(result, subject), result.protocol).filter((entry) =>
    Number.isFinite(entry.difference.mean),
  )
  const settings = new Map<string, Comparison[]>()
  for (const entry of entries) {
    const key = settingKey(entry.setting)
    settings.set(key, [...(settings.get(key) ?? []), entry])
  }
  const groups = [...settings.values()].filter((group) => group.length >= fewestDifferences || settings.size === 1)
  return groups.slice(0, mostDifferenceFigures).map((group, place) => differenceFigure(group, subject, place + 1))
}

function differenceFigure(entries: readonly Comparison[], subject: string, number: number): Figure {
  const { metric, setting } = entries[0]!
  const { label, better } = metricDescription(metric)
  const where = formatSetting(setting)
  const points = [...entries]
    .sort((a, b) => b.difference.mean - a.difference.mean)
    .map(({ against, difference }) => ({ x: against, y: difference.mean, low: difference.low, high: difference.high }))
  return {
    id: `differences-${number}`,
    kind: 'bars',
    title: `${label}: ${subject} minus each other policy${where === '' ? '' : ` (${where})`}`,
    caption: `Paired differences with their 95 % intervals; ${better === 'lower' ? 'left' : 'right'} of 0 is in favour of \`${subject}\`. Where an interval holds 0, chance may explain the difference.`,
    x: { label: 'policy' },
    y: { label: `difference in ${label}` },
    series: [{ name: 'difference', role: 'router', points }],
  }
}

const mostDifferenceFigures = 4
const fewestDifferences = 2

function drawFigure(figure: Figure): Chart {
  // Categories have no place on a numeric axis.
  const isCategorical = figure.series.some((series) =>
    series.points.some((point) => typeof point.x === 'string' && !Number.isFinite(Number(point.x))),
  )
  return figure.kind === 'bars' || isCategorical ? drawBars(figure) : drawCurves(figure)
}

function legend(chart: Chart): Html | undefined {
  const markers = chart.styles.filter(({ series }) => series.role === 'point')
  const lines = chart.styles.filter(({ series }) => series.role !== 'point' && series.points.length > 0)
  // A handful of markers is named beside them; more are one entry.
  const listed = markers.length > 4 ? lines : [...lines, ...markers]
  if (listed.length + markers.length < 2) return undefined
  const rest = html`<li><span class="swatch-dot"></span>markers: named beside them, or on hovering</li>`
  return html`<ul class="legend">${listed.map((style) => legendEntry(style, chart.isBars))}${markers.length > 4 ? rest : undefined}</ul>`
}

const symbolPaths: Readonly<Record<SeriesStyle['symbol'], string>> = {
  circle: 'M7,5a4,4 0 1 0 8,0a4,4 0 1 0 -8,0',
  square: 'M7.5,1.5h7v7h-7z',
  diamond: 'M11,0L15,5L11,10L7,5z',
  triangle: 'M11,0.5L15.5,9h-9z',
  cross: 'M9.5,0.5h3v3h3v3h-3v3h-3v-3h-3v-3h3z',
  star: 'M11,0L12.2,3.4L15.8,3.5L12.9,5.6L13.9,9L11,7L8.1,9L9.1,5.6L6.2,3.5L9.8,3.4z',
}

function legendEntry(style: SeriesStyle, isDots: boolean): Html {
  const { series, index, color, dash } = style
  const shape =
    isDots || series.role === 'point'
      ? html`<path d="${symbolPaths[style.symbol]}" fill="${style.isHollow ? 'none' : color}" stroke="${style.isHollow ? color : 'none'}"/>`
      : html`<path d="M1,5H21" stroke="${color}" stroke-width="${Math.max(2, style.width)}"${dash === undefined ? undefined : html` stroke-dasharray="${dash}"`}/>`
  const swatch = html`<svg width="22" height="10" aria-hidden="true">${shape}</svg>`
  return html`<li data-series="s${index}"${series.role === 'pointsman' ? html` class="subject"` : undefined}>${swatch}${series.name}</li>`
}
