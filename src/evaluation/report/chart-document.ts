import { parseHTML } from 'linkedom'

/** What the charts use of a DOM element, so that this layer compiles without a browser's types. */
export interface ChartElement {
  readonly outerHTML: string
  textContent: string
  setAttribute(name: string, value: string): void
  append(...children: ChartElement[]): void
  querySelectorAll(selector: string): Iterable<ChartElement>
  remove(): void
}

export interface ChartDocument {
  createElementNS(namespace: string, name: string): ChartElement
}

const svgNamespace = 'http://www.w3.org/2000/svg'

/** A document of its own for one chart: nothing global is touched. */
export function createChartDocument(): ChartDocument {
  const page = parseHTML('<!doctype html><html><body></body></html>') as unknown as { readonly document: ChartDocument }
  return page.document
}

export function svgElement(
  document: ChartDocument,
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  text?: string,
): ChartElement {
  const element = document.createElementNS(svgNamespace, name)
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value))
  if (text !== undefined) element.textContent = text
  return element
}
