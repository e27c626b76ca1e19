import type { EvaluationResult, Finding, ResultRow, Verdict } from '../evaluation-result.ts'
import { formatCount, formatSeconds } from './format-number.ts'
import { type Html, html, htmlWithNames } from './html.ts'
import { metricDescription, orderMetrics } from './metric-descriptions.ts'
import { policyDescription } from './policy-descriptions.ts'
import { protocolWords } from './protocol-words.ts'
import { differenceFigures, renderFigure } from './render-figure.ts'
import { renderComparisons, renderResultTables } from './render-tables.ts'
import { reportScript } from './report-script.ts'
import { reportStyle } from './report-style.ts'
import { summariseResult } from './summarise-result.ts'

const verdicts: Readonly<Record<Verdict, string>> = {
  confirmed: '✓ confirmed',
  refuted: '✗ refuted',
  undecided: '○ undecided',
}

/**
 * One self-contained page: style, charts (inline SVG) and a little script for hovering are inside, nothing is loaded.
 * Complete without the script. Every name in the result is escaped; values that are missing or not finite print as a
 * dash.
 */
export function renderReport(result: EvaluationResult): string {
  const words = protocolWords[result.protocol]
  const title = `${words.title}: ${result.data.name}`
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="${`Pointsman ${result.provenance.version}`}">
<title>${title} · Pointsman evaluation</title>
<style>${reportStyle}</style>
</head>
<body>
<a class="skip" href="#summary">To the summary</a>
<header>
<p class="brand">Pointsman evaluation · protocol <code>${result.protocol}</code></p>
<h1>${words.title} <span class="on">on ${result.data.name}</span></h1>
<p class="lead">${words.description}</p>
${factsOf(result)}
${navigation(result)}
</header>
<main>
${summarySection(result)}
${findingsSection(result.findings)}
${figuresSection(result)}
<section id="results"><h2>Results</h2>
<p class="hint">Mean with its 95 % interval where there is one. ↑ more is better, ↓ less is better; the best of what routes is bold. Reference rows mark the scale.</p>
${renderResultTables(result)}</section>
<section id="comparisons"><h2>Paired comparisons</h2>
<p class="hint">Policy minus the other on the same prompts and seeds. p is two-sided, corrected by Holm over the comparisons of a policy, setting and metric.</p>
${renderComparisons(result)}</section>
${notesSection(result.notes)}
${readingAid(result)}
</main>
${footer(result)}
<script>${reportScript}</script>
</body>
</html>
`
  return page.text
}

function factsOf(result: EvaluationResult): Html {
  const { data, seeds, provenance } = result
  const date = provenance.createdAt.slice(0, 10)
  const facts: readonly (readonly [string, string])[] = [
    ['Data', data.name],
    ['Prompts × LLMs', `${formatCount(data.prompts)} × ${formatCount(data.llms)}`],
    ['Known outcomes', formatCount(data.outcomes)],
    ['Seeds', seeds.length > 8 ? `${seeds.length}` : seeds.join(', ')],
    ['Date', date],
    ['Version', provenance.version],
    ['Data SHA-256', `${provenance.dataSha256.slice(0, 12)}…`],
  ]
  return html`<dl class="facts">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`
}

function navigation(result: EvaluationResult): Html {
  const links: readonly (readonly [string, string, boolean])[] = [
    ['summary', 'Summary', true],
    ['findings', 'Findings', result.findings.length > 0],
    ['figures', 'Figures', true],
    ['results', 'Results', true],
    ['comparisons', 'Comparisons', true],
    ['notes', 'Notes', result.notes.length > 0],
    ['reading', 'How to read', true],
  ]
  return html`<nav aria-label="Sections">${links.filter(([, , isThere]) => isThere).map(([id, text]) => html`<a href="#${id}">${text}</a>`)}</nav>`
}

function summarySection(result: EvaluationResult): Html {
  const { headline, gains, losses } = summariseResult(result)
  const list = (sentences: readonly string[]): Html =>
    html`<ul>${sentences.map((sentence) => html`<li>${htmlWithNames(sentence)}</li>`)}</ul>`
  return html`<section id="summary"><h2>In short</h2>
<p class="headline">${htmlWithNames(headline)}</p>
<div class="columns">
${gains.length === 0 ? undefined : html`<div class="card"><h3>What routing gives here</h3>${list(gains)}</div>`}
${losses.length === 0 ? undefined : html`<div class="card losses"><h3>Where the router loses, or does not win</h3>${list(losses)}</div>`}
</div></section>
`
}

function findingsSection(findings: readonly Finding[]): Html | undefined {
  if (findings.length === 0) return undefined
  const line = (
    finding: Finding,
  ): Html => html`<tr id="${`finding-${finding.id}`}"><th scope="row" class="claim">${htmlWithNames(finding.claim)}<small>${finding.source}</small></th><td class="text"><span class="verdict ${finding.verdict}">${verdicts[finding.verdict]}</span></td><td class="text evidence">${htmlWithNames(finding.evidence)}</td></tr>
`
  return html`<section id="findings"><h2>Findings</h2>
<p class="hint">What the papers and we claim, and what these data say to it.</p>
<div class="scroll" tabindex="0" role="region" aria-label="Findings"><table class="findings">
<caption class="visually-hidden">Claims, verdicts and evidence</caption>
<thead><tr><th scope="col">claim</th><th scope="col">verdict</th><th scope="col">evidence</th></tr></thead>
<tbody>
${findings.map(line)}</tbody></table></div></section>
`
}

function figuresSection(result: EvaluationResult): Html {
  const figures = [...result.figures, ...differenceFigures(result, summariseResult(result).subject)]
  const used = new Set<string>()
  const anchorOf = (id: string): string => {
    const base = `figure-${id.replace(/[^\w-]+/g, '-')}`
    let anchor = base
    for (let copy = 2; used.has(anchor); copy++) anchor = `${base}-${copy}`
    used.add(anchor)
    return anchor
  }
  return html`<section id="figures"><h2>Figures</h2>
${figures.length === 0 ? html`<p class="empty">This result has no figures.</p>` : undefined}
${figures.map((figure) => renderFigure(figure, anchorOf(figure.id)))}</section>
`
}

function notesSection(notes: readonly string[]): Html | undefined {
  if (notes.length === 0) return undefined
  return html`<section id="notes"><h2>Notes</h2>
<ul>${notes.map((note) => html`<li>${htmlWithNames(note)}</li>`)}</ul></section>
`
}

function readingAid(result: EvaluationResult): Html {
  const metrics = orderMetrics(
    result.protocol,
    result.results.flatMap((row: ResultRow) => Object.keys(row.metrics)),
  )
  const policies = [...new Set(result.results.map((row) => row.policy))]
  const entry = (name: string, label: string, text: string): Html =>
    html`<div><dt><span>${label}</span> <code>${name}</code></dt><dd>${text}</dd></div>`
  return html`<section id="reading"><h2>How to read this</h2>
<p>A deferral curve shows the mean quality that each mean cost buys, as the willingness to pay rises. The dashed hull is what mixtures of fixed LLMs reach without looking at the prompt: a router is worth its place only above it. The dotted oracle knows every outcome beforehand and cannot be reached. Intervals are 95 %.</p>
<h3>Metrics</h3>
<dl class="definitions">${metrics.map((metric) => entry(metric, metricDescription(metric).label, metricDescription(metric).definition))}</dl>
<h3>Policies</h3>
<dl class="definitions">${policies.flatMap((policy) => {
    const description = policyDescription(policy)
    return description === undefined ? [] : [html`<div><dt><code>${policy}</code></dt><dd>${description}</dd></div>`]
  })}</dl></section>
`
}

function footer({ provenance, seeds }: EvaluationResult): Html {
  return html`<footer><p>Pointsman ${provenance.version} on Node ${provenance.node}, ${provenance.createdAt}; ${formatSeconds(provenance.workSeconds)} of work; seeds ${seeds.join(', ')}.</p>
<p>Data SHA-256 <code>${provenance.dataSha256}</code>. The figures are in <code>result.json</code> beside this page.</p></footer>
`
}
