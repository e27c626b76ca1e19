import { Html } from './html.ts'

/**
 * Hovering a legend entry or a mark brings out its series; a click on an entry keeps it. Printing opens what is folded.
 * The page is complete without it.
 */
export const reportScript = new Html(`
for (const figure of document.querySelectorAll('.chart-figure')) {
  let kept
  const show = (name) => {
    for (const mark of figure.querySelectorAll('.series, .legend [data-series]')) {
      const isOf = name !== undefined && (mark.dataset.series === name || mark.classList.contains(name))
      mark.classList.toggle('faded', name !== undefined && !isOf)
      mark.classList.toggle('on', isOf)
    }
  }
  const nameOf = (target) => {
    const entry = target.closest('[data-series]')
    if (entry) return entry.dataset.series
    const mark = target.closest('.series')
    return mark ? [...mark.classList].find((name) => /^s\\d+$/.test(name)) : undefined
  }
  figure.addEventListener('pointerover', (event) => show(nameOf(event.target) ?? kept))
  figure.addEventListener('pointerleave', () => show(kept))
  figure.addEventListener('click', (event) => {
    const entry = event.target.closest('[data-series]')
    if (!entry) return
    kept = kept === entry.dataset.series ? undefined : entry.dataset.series
    show(kept)
  })
}
addEventListener('beforeprint', () => {
  for (const folded of document.querySelectorAll('details:not([open])')) folded.open = true
})
`)
