import { Html } from './html.ts'

/** The page's style sheet: light, dark by the reader's preference, and print. Text contrasts reach 4.5:1 in all three. */
export const reportStyle = new Html(`
:root {
  color-scheme: light dark;
  --page: #fdfdfc; --panel: #f5f5f2; --text: #1c2024; --text-soft: #565d66; --line: #dcddd8;
  --accent: #0b6e5f; --accent-soft: #e3f1ee; --warn: #96480a; --warn-soft: #fbf0e4; --bad: #a8202f; --good: #0d6b3c;
  --grey: #b9bec4; --grey-strong: #757c85;
  --series-1: #2b61b8; --series-2: #b4521a; --series-3: #7b3fa0; --series-4: #98730a; --series-5: #b02a68;
  --series-6: #26708a; --series-7: #5b6a1c;
}
@media (prefers-color-scheme: dark) { :root {
  --page: #14171a; --panel: #1d2125; --text: #e8eaec; --text-soft: #a3abb4; --line: #343a41;
  --accent: #4fd1b8; --accent-soft: #17332f; --warn: #f0a860; --warn-soft: #33271a; --bad: #ff8f96; --good: #6fd39a;
  --grey: #4c535b; --grey-strong: #878f98;
  --series-1: #7fb0ff; --series-2: #ff9d63; --series-3: #cd9bf0; --series-4: #e0bd4a; --series-5: #ff8fc0;
  --series-6: #6cc6e0; --series-7: #b9cc60;
} }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-behavior: smooth; }
body { margin: 0 auto; padding: 0 20px 48px; max-width: 1140px; background: var(--page); color: var(--text);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; }
.skip { position: absolute; left: -9999px; }
.skip:focus { left: 20px; top: 8px; }
.visually-hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
a { color: var(--accent); }
code { font: .88em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
header { padding-top: 36px; }
.brand { margin: 0 0 4px; color: var(--text-soft); font-size: .9rem; }
h1 { margin: 0; font-size: clamp(1.6rem, 4vw, 2.2rem); line-height: 1.2; letter-spacing: -.015em; overflow-wrap: anywhere; }
h1 .on { color: var(--text-soft); font-weight: 400; }
h2 { margin: 44px 0 8px; font-size: 1.4rem; letter-spacing: -.01em; }
h3 { margin: 0 0 4px; font-size: 1.05rem; }
#reading h3 { margin-top: 22px; }
.lead { max-width: 46em; margin: 10px 0 18px; color: var(--text-soft); font-size: 1.06rem; }
.facts { display: flex; flex-wrap: wrap; gap: 10px 30px; margin: 0; padding: 14px 0; border-block: 1px solid var(--line); }
.facts dt { color: var(--text-soft); font-size: .78rem; }
.facts dd { margin: 0; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
nav { display: flex; flex-wrap: wrap; gap: 4px 18px; padding: 10px 0; font-size: .92rem; }
.hint, .caption, .remark { margin: 0 0 12px; max-width: 60em; color: var(--text-soft); font-size: .92rem; }
.remark { margin: 6px 0 0; }
.empty { color: var(--text-soft); font-style: italic; }
.headline { margin: 12px 0 18px; padding: 14px 18px; border-left: 4px solid var(--accent); background: var(--accent-soft);
  font-size: 1.12rem; line-height: 1.45; }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); gap: 16px; align-items: start; }
.card { padding: 14px 18px; border: 1px solid var(--line); border-radius: 6px; background: var(--panel); }
.card ul { margin: 6px 0 0; padding-left: 1.15em; }
.card li { margin: 5px 0; font-size: .95rem; }
.losses { background: var(--warn-soft); border-color: color-mix(in srgb, var(--warn) 35%, transparent); }
.losses h3 { color: var(--warn); }
.scroll { overflow-x: auto; }
.scroll:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
table { border-collapse: collapse; width: 100%; font-size: .88rem; font-variant-numeric: tabular-nums; }
th, td { padding: 5px 8px; border-bottom: 1px solid var(--line); text-align: right; vertical-align: top; }
th:first-child, td.text, td.kind, th[scope=col]:not(.number) { text-align: left; }
thead th { color: var(--text-soft); font-weight: 600; border-bottom: 1.5px solid var(--grey-strong); vertical-align: bottom; }
tbody th { font-weight: 500; overflow-wrap: anywhere; min-width: 9em; }
td small { display: block; color: var(--text-soft); font-size: .76rem; white-space: nowrap; }
th small { display: block; color: var(--text-soft); font-weight: 400; }
td.kind { color: var(--text-soft); }
td.text { overflow-wrap: anywhere; }
tr.subject th { color: var(--accent); font-weight: 700; }
tr.subject th, tr.subject td { background: var(--accent-soft); }
tbody.references { border-top: 2px solid var(--grey-strong); color: var(--text-soft); }
tbody.references th { font-style: italic; }
.findings td, .findings th { padding-block: 9px; }
.findings .claim { min-width: 15em; width: 38%; }
.verdict { white-space: nowrap; font-weight: 600; }
.verdict.confirmed, .reading.better { color: var(--good); }
.verdict.refuted, .reading.worse { color: var(--bad); }
.verdict.undecided, .reading.even { color: var(--text-soft); }
.reading { white-space: nowrap; }
details { margin: 10px 0; border: 1px solid var(--line); border-radius: 6px; padding: 0 12px; }
details[open] { padding-bottom: 10px; }
summary { padding: 8px 0; cursor: pointer; font-weight: 600; overflow-wrap: anywhere; }
.chart-figure { margin: 22px 0 40px; }
.chart { display: block; width: 100%; min-width: 640px; height: auto; color: var(--text-soft); overflow: visible; }
.chart text { font: 11.5px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
.chart [aria-label="y-grid"] line, .chart [aria-label="x-grid"] line, .chart [aria-label$="grid"] { stroke: var(--line); stroke-opacity: 1; }
.chart .axis-title { fill: var(--text-soft); font-weight: 600; text-anchor: middle; }
.chart .axis-title.y { text-anchor: start; }
.chart .end-label, .chart .point-label { text-anchor: start; paint-order: stroke; stroke: var(--page); stroke-width: 3px; stroke-linejoin: round; }
.chart .end-label { font-weight: 600; }
.chart .point-label { fill: var(--text-soft); font-size: 10.5px; }
.chart .row-name { text-anchor: end; fill: var(--text); }
.chart .row-name.subject { fill: var(--accent); font-weight: 700; }
.chart .leader { fill: none; stroke: var(--grey); stroke-width: .8; }
.faded { opacity: .12; }
.chart .series.on { stroke-width: 3; }
.chart .end-label.on { stroke-width: 3px; }
.legend { display: flex; flex-wrap: wrap; gap: 2px 16px; margin: 8px 0 0; padding: 0; list-style: none; font-size: .84rem; color: var(--text-soft); }
.legend li { display: inline-flex; align-items: center; gap: 6px; overflow-wrap: anywhere; cursor: default; }
.legend .subject { color: var(--accent); font-weight: 700; }
.legend svg { flex: none; }
table.results { font-size: .82rem; }
.results th, .results td { padding-inline: 6px; }
.results td small { font-size: .72rem; }
.results th:first-child { position: sticky; left: 0; background: var(--page); }
.results tr.subject th:first-child { background: var(--accent-soft); }
.swatch-dot { width: 8px; height: 8px; border-radius: 50%; background: var(--text-soft); margin: 0 7px; }
.definitions { display: grid; gap: 8px; margin: 0; font-size: .92rem; }
.definitions dt span { font-weight: 600; }
.definitions dt code { color: var(--text-soft); }
.definitions dd { margin: 0; color: var(--text-soft); max-width: 60em; }
footer { margin-top: 56px; padding-top: 12px; border-top: 1px solid var(--line); color: var(--text-soft); font-size: .84rem; overflow-wrap: anywhere; }
footer p { margin: 2px 0; }
@media print {
  :root {
    --page: #fff; --panel: #fff; --text: #000; --text-soft: #444; --line: #ccc; --accent: #0b5f52; --accent-soft: #eef6f4;
    --warn: #7a3a06; --warn-soft: #fff; --bad: #8f1a27; --good: #0a5630; --grey: #b5b5b5; --grey-strong: #6d6d6d;
    --series-1: #2b61b8; --series-2: #b4521a; --series-3: #7b3fa0; --series-4: #98730a; --series-5: #b02a68;
    --series-6: #26708a; --series-7: #5b6a1c;
    color-scheme: light;
  }
  @page { margin: 14mm; }
  body { max-width: none; padding: 0; font-size: 10pt; -webkit-print-color-adjust: exact; print-color-adjust: exact; }
  header { padding-top: 0; }
  nav, .skip { display: none; }
  .chart { min-width: 0; }
  .results th:first-child { position: static; min-width: 0; }
  .scroll { overflow: visible; }
  table { font-size: 7.6pt; }
  th, td { padding: 2px 3px; }
  table.results { font-size: 6.6pt; }
  .results th, .results td { padding-inline: 2px; }
  .results td small { font-size: 5.2pt; }
  h2 { margin-top: 22pt; break-after: avoid; }
  h3 { break-after: avoid; }
  .chart-figure, .card li, tr { break-inside: avoid; }
  .chart-figure .legend { font-size: 7.6pt; }
  section > .columns { display: block; }
  .card { margin-bottom: 8pt; }
  thead { display: table-header-group; }
  details { border: 0; padding: 0; }
  details::details-content { content-visibility: visible; display: block; block-size: auto; }
}
`)
