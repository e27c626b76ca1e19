/** Without exponent: not every reader of headers takes 1e-7 for a number. */
export function formatUsd(usd: number): string {
  return usd.toFixed(9).replace(/\.?0+$/, '')
}

/** Names may hold any character; header values may not. */
export function headerText(text: string): string {
  return /^[\x20-\x7e]*$/.test(text) ? text : encodeURI(text)
}
